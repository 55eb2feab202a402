/* Keys that act by themselves: where they may, `?` and `/` on every page, g and a letter to go somewhere.
 * The switch in the `?` dialog turns them off for this browser. */
const STORE = 'huiyin.shortcuts';
const root = document.documentElement;
const SOON = 1500; // milliseconds in which the letter follows the g

/* A browser may refuse storage; then the switch holds for this page only. */
function stored(value) {
  try {
    if (value) localStorage.setItem(STORE, value);
    return localStorage.getItem(STORE);
  } catch {
    return null;
  }
}

if (stored() === 'off') root.dataset.shortcuts = 'off';

for (const box of document.querySelectorAll('[data-shortcuts-switch]')) {
  box.checked = root.dataset.shortcuts !== 'off';
  box.addEventListener('change', () => {
    root.dataset.shortcuts = box.checked ? 'on' : 'off';
    stored(root.dataset.shortcuts);
  });
}

/* While an input method composes, keys are its own; older browsers only tell by the key code. */
export function composing(event) {
  return event.isComposing || event.keyCode === 229;
}

/* Not while typing, not while an input method composes, not with a modifier, not when switched off. */
export function isPlain(event) {
  if (composing(event) || event.ctrlKey || event.metaKey || event.altKey) return false;
  const target = event.target;
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && target.type !== 'checkbox';
  return !typing && !target.isContentEditable && root.dataset.shortcuts !== 'off';
}

/* The same, and not behind an open dialog. */
export function mayAct(event) {
  return isPlain(event) && !document.querySelector('dialog[open]');
}

let going = 0; // when g was pressed

document.addEventListener('keydown', (event) => {
  if (!mayAct(event)) return;
  const asked = event.timeStamp - going < SOON && going;
  going = event.key === 'g' ? event.timeStamp : 0;
  if (asked && /^[a-z]$/.test(event.key)) {
    const link = document.querySelector(`[data-go="${event.key}"]`);
    if (link) {
      event.preventDefault();
      event.stopImmediatePropagation();
      going = 0;
      link.click();
    }
  } else if (event.key === '?') {
    document.getElementById('keys')?.showModal();
  } else if (event.key === '/') {
    const search = document.querySelector('main input[type=search]');
    if (search) {
      event.preventDefault();
      search.focus();
    }
  }
});
