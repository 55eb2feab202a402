/* A form with data-look: while it is filled in, what is known about some of its fields (data-look-fields) is
 * asked for by POST, so that no address carries them, and shown in the element that data-look-into names. */
const form = document.querySelector('form[data-look]');

if (form) {
  const into = document.getElementById(form.dataset.lookInto);
  const names = form.dataset.lookFields.split(' ');
  let shown = '';
  let wait = 0;

  const read = () => {
    const all = new FormData(form);
    const told = new FormData();
    for (const name of names) told.append(name, all.get(name) || '');
    return told;
  };
  const spelled = (told) => JSON.stringify([...told]);
  shown = spelled(read());

  const look = async () => {
    clearTimeout(wait);
    const told = read();
    const asked = spelled(told);
    if (asked === shown) return;
    shown = asked;
    told.append('csrf_token', form.elements.csrf_token.value);
    try {
      const answer = await fetch(form.dataset.look, {
        method: 'POST', body: told, headers: { 'HX-Request': 'true' },
      });
      if (!answer.ok || asked !== shown) return;
      into.replaceChildren(...new DOMParser().parseFromString(await answer.text(), 'text/html').body.childNodes);
    } catch {
      shown = ''; // not reached: the next change asks again
    }
  };

  form.addEventListener('input', (event) => {
    if (!names.includes(event.target.name)) return;
    clearTimeout(wait);
    wait = setTimeout(look, 600);
  });
  form.addEventListener('change', (event) => {
    if (names.includes(event.target.name)) look();
  });
  document.querySelector('[data-look-now]')?.addEventListener('click', (event) => {
    event.preventDefault();
    look();
  });
}
