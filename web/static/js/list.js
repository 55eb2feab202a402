/* A list with data-keys: j k move, x selects, c claims, Space peeks, / searches, ? shows the keys, g i goes to the inbox. */
import { mayAct } from './shortcuts.js';
import { peek } from './peek.js';

const find = (selector, root = document) => root.querySelector(selector);
const list = find('[data-keys]');
const rows = list ? [...list.querySelectorAll('tbody tr')] : [];
const bulk = find('.bulk');
let here = rows.findIndex((row) => row.classList.contains('is-here'));
let before = '';

function go(to) {
  if (!rows.length) return;
  if (rows[here]) rows[here].classList.remove('is-here');
  here = Math.max(0, Math.min(rows.length - 1, to));
  rows[here].classList.add('is-here');
  find('a', rows[here]).focus();
}

function mark() {
  let selected = 0;
  for (const row of rows) {
    const box = find('input[type=checkbox]', row);
    const on = Boolean(box && box.checked);
    row.setAttribute('aria-selected', on);
    if (on) selected += 1;
  }
  if (bulk) {
    bulk.hidden = !selected;
    find('[data-n]', bulk).textContent = selected;
  }
}

const acts = {
  j: () => go(here + 1),
  k: () => go(here - 1),
  x: () => {
    const box = rows[here] && find('input[type=checkbox]', rows[here]);
    if (box) {
      box.checked = !box.checked;
      mark();
    }
  },
  c: () => {
    const button = rows[here] && find('[data-claim]', rows[here]);
    if (button) button.click();
  },
  ' ': () => rows[here] && peek(rows[here]),
  '/': () => find('input[type=search]')?.focus(),
  '?': () => find('#keys')?.showModal(),
};

if (list) {
  list.addEventListener('change', mark);
  mark();
}

/* <label hidden data-all><input type="checkbox"></label>: ticks every row that may be ticked. */
const all = find('[data-all]');
if (all) {
  all.hidden = false;
  all.addEventListener('change', (event) => {
    for (const row of rows) {
      const box = find('input[type=checkbox]:not([disabled])', row);
      if (box) box.checked = event.target.checked;
    }
    mark();
  });
}

document.addEventListener('keydown', (event) => {
  if (!mayAct(event)) return;
  if (before === 'g' && event.key === 'i') {
    const inbox = find('[data-inbox]');
    if (inbox) inbox.click();
  }
  before = event.key;
  if (event.key === ' ' && (!list || event.target.closest('button, summary, input'))) return;
  if (!list && event.key !== '?' && event.key !== '/') return;
  const act = acts[event.key];
  if (!act) return;
  if (event.key === ' ' || event.key === '/') event.preventDefault();
  act();
});
