/* Who came by a key goes on by keys: in a form with data-begin the focus stands where one begins to fill it in, or at
 * what leads on where nothing can be filled in. Escape leaves a field, so that single keys act again. */
import { composing } from './shortcuts.js';

const STORE = 'huiyin.by-key';
const form = document.querySelector('form[data-begin]');

/* A key presses a link or a button without a place (detail 0); a pointer has one. */
document.addEventListener('click', (event) => {
  if (!event.target.closest?.('a[href], button')) return;
  try {
    if (event.detail === 0) sessionStorage.setItem(STORE, 'yes');
    else sessionStorage.removeItem(STORE);
  } catch { /* without storage the focus stays where the browser puts it */ }
}, true);

function cameByKey() {
  try {
    const told = sessionStorage.getItem(STORE);
    sessionStorage.removeItem(STORE);
    return told !== null;
  } catch {
    return false;
  }
}

/* Of a group of choices the chosen one is where the Tab key stops. */
function first() {
  const open = [...form.elements].filter((one) => one.name.startsWith('answer.') && one.offsetParent && !one.disabled);
  return open.find((one) => one.name === open[0].name && one.checked) || open[0];
}

if (cameByKey() && !document.querySelector('.errors')) {
  const onward = document.querySelector('.flash a.btn--primary');
  (onward || (form && first()))?.focus();
}

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || composing(event) || document.querySelector('dialog[open]')) return;
  const at = document.activeElement;
  if (form && form.contains(at)) at.blur();
});
