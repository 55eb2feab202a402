/* Whether single-key shortcuts may act now: the switch in the `?` dialog turns them off for this browser. */
const STORE = 'huiyin.shortcuts';
const root = document.documentElement;

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

/* Not while typing, not while an input method composes, not with a modifier, not behind an open dialog. */
export function mayAct(event) {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return false;
  const target = event.target;
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && target.type !== 'checkbox';
  if (typing || target.isContentEditable) return false;
  return root.dataset.shortcuts !== 'off' && !document.querySelector('dialog[open]');
}
