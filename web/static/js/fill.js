/* <a data-fill='{"name": "value"}' href="…"> fills the named controls of the page's main form; without JavaScript the address does it. */
document.addEventListener('click', (event) => {
  const link = event.target.closest('[data-fill]');
  const form = document.querySelector('form[data-main]');
  if (!link || !form) return;
  event.preventDefault();
  let last = null;
  for (const [name, value] of Object.entries(JSON.parse(link.dataset.fill))) {
    for (const control of [...form.elements].filter((one) => one.name === name)) {
      if (control.type === 'radio') {
        control.checked = control.value === value;
        if (control.checked) last = control;
      } else {
        control.value = value;
        last = control;
      }
    }
  }
  form.dispatchEvent(new Event('change'));
  if (last) last.focus();
});
