/* A form with data-files: files are sent as soon as they are chosen, dropped on their field or pasted. */
const form = document.querySelector('form[data-files]');

if (form) {
  const inputs = [...form.querySelectorAll('input[type=file]:not([capture])')];
  const frame = (input) => input.closest('[data-field]');

  const fault = (field, text) => {
    field.querySelector('.error--file')?.remove();
    if (!text) return;
    const line = document.createElement('p');
    line.className = 'error error--file';
    line.setAttribute('role', 'alert');
    line.textContent = text;
    field.querySelector('input[type=file]').before(line);
  };

  const show = (field, name, file) => {
    let list = field.querySelector('.kept');
    if (!list) {
      list = document.createElement('div');
      list.className = 'kept';
      field.querySelector('input[type=file]').before(list);
    }
    if ([...list.querySelectorAll('input')].some((one) => one.value === file.key)) return;
    const label = document.createElement('label');
    label.className = 'choice';
    const box = Object.assign(document.createElement('input'), { type: 'checkbox', name, value: file.key, checked: true });
    const text = document.createElement('span');
    text.textContent = file.name;
    label.append(box, text);
    list.append(label);
    form.append(Object.assign(document.createElement('input'), { type: 'hidden', name: 'kept', value: file.kept }));
  };

  const take = async (input, files) => {
    const field = frame(input);
    const name = input.name;
    const body = new FormData();
    for (const file of files) body.append(name, file, file.name || 'image.png');
    body.append('csrf_token', form.elements.csrf_token.value);
    body.append('already', form.querySelectorAll('.kept input:checked').length);
    fault(field, form.dataset.wordsFile);
    let answer;
    try {
      answer = await fetch(form.dataset.files, { method: 'POST', body, headers: { 'HX-Request': 'true' } });
    } catch {
      fault(field, ''); // what was chosen stays chosen and goes with the form
      return;
    }
    const told = answer.headers.get('Content-Type')?.includes('json') ? await answer.json() : {};
    fault(field, told.faults ? Object.values(told.faults).join(' ') : '');
    for (const file of told.files || []) show(field, name.replace(/\.new$/, ''), file);
    if (answer.ok || answer.status === 422) {
      for (const one of field.querySelectorAll('input[type=file]')) one.value = '';
    }
    form.dispatchEvent(new Event('change'));
  };

  form.addEventListener('change', (event) => {
    const input = event.target;
    if (input.type === 'file' && input.files.length) take(input, [...input.files]);
  });
  for (const input of inputs) {
    const field = frame(input);
    field.addEventListener('dragover', (event) => {
      event.preventDefault();
      field.classList.add('is-dropping');
    });
    field.addEventListener('dragleave', () => field.classList.remove('is-dropping'));
    field.addEventListener('drop', (event) => {
      event.preventDefault();
      field.classList.remove('is-dropping');
      if (event.dataTransfer.files.length) take(input, [...event.dataTransfer.files]);
    });
  }
  form.addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files || [])];
    if (!files.length || !inputs.length) return;
    event.preventDefault();
    const own = event.target.closest('[data-field]')?.querySelector('input[type=file]:not([capture])');
    take(own || inputs[inputs.length - 1], files);
  });
}
