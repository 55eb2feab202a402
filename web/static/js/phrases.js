/* Buttons with data-phrase put their words where one writes; two colons while writing open <dialog id="phrases">. */
const form = document.querySelector('form[data-main]');
const dialog = document.getElementById('phrases');
let area = null;
let spot = null; // where the cursor was when the area was left
let opened = null; // the colons that opened the list, to be put back if nothing is chosen

/* Where one wrote last; else the area above the button. */
const put = (text, button) => {
  const tools = button && button.closest('.tools');
  const into = area && area.offsetParent ? area : (tools || form.querySelector('.tools'))?.previousElementSibling?.querySelector('textarea');
  if (!into) return;
  const [start, end] = into === area && spot ? spot : [into.value.length, into.value.length];
  into.setRangeText(text, start, end, 'end');
  const after = start + text.length;
  spot = [after, after];
  into.focus();
  into.setSelectionRange(after, after);
  into.dispatchEvent(new Event('input', { bubbles: true }));
};

if (form) {
  form.addEventListener('focusin', (event) => {
    if (event.target.tagName === 'TEXTAREA') area = event.target;
  });
  form.addEventListener('focusout', (event) => {
    if (event.target === area && !opened) spot = [area.selectionStart, area.selectionEnd];
  });
  form.addEventListener('input', (event) => {
    const at = event.target;
    if (!dialog || at.tagName !== 'TEXTAREA' || event.isComposing) return;
    const end = at.selectionStart;
    const colons = at.value.slice(end - 2, end);
    if (event.inputType && !event.inputType.startsWith('insert')) return;
    if (event.inputType && (colons === '::' || colons === '：：')) {
      opened = colons;
      at.setRangeText('', end - 2, end, 'end');
      spot = [end - 2, end - 2];
      dialog.showModal();
      dialog.querySelector('input').focus();
    }
  });
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-phrase]');
  if (!button) return;
  if (dialog && dialog.open) dialog.close();
  opened = null;
  put(button.dataset.phrase, button);
});

if (dialog) {
  const search = dialog.querySelector('input');
  const lines = [...dialog.querySelectorAll('[data-phrases] li')];
  search.addEventListener('input', () => {
    for (const one of lines) one.hidden = !one.textContent.toLowerCase().includes(search.value.toLowerCase());
  });
  search.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.isComposing) return;
    event.preventDefault();
    const first = lines.find((one) => !one.hidden);
    if (first) first.querySelector('[data-phrase]').click();
  });
  dialog.addEventListener('close', () => {
    search.value = '';
    for (const one of lines) one.hidden = false;
    if (opened) {
      const colons = opened;
      opened = null;
      put(colons);
    }
  });
}
