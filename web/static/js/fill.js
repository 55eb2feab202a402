/* <a data-fill='{"name": "value"}' href="…"> fills the named controls of the page's main form; without JavaScript the address does it. */
document.addEventListener('click', (event) => {
  const link = event.target.closest('[data-fill]');
  const form = document.querySelector('form[data-main]');
  if (!link || !form) return;
  event.preventDefault();
  const filled = [];
  for (const [name, value] of Object.entries(JSON.parse(link.dataset.fill))) {
    for (const control of [...form.elements].filter((one) => one.name === name)) {
      if (control.type === 'radio') {
        control.checked = control.value === value;
        if (control.checked) filled.push(control);
      } else {
        control.value = value;
        filled.push(control);
      }
    }
  }
  // Heard by whatever listens to what is typed: fields shown by others, drafts, what is asked anew.
  for (const control of filled) control.dispatchEvent(new Event('input', { bubbles: true }));
  for (const control of filled) control.dispatchEvent(new Event('change', { bubbles: true }));
  if (filled.length) filled.at(-1).focus();
});
