/* A list with data-keys: j k move, x selects, X and Shift+click select up to here, c claims, Space peeks.
 * <form data-list> holds it; what is said about a row stands in [data-told]. */
import { closePeek, peek, peeking } from './peek.js';
import { isPlain, mayAct } from './shortcuts.js';

const find = (selector, root = document) => root.querySelector(selector);
const list = find('[data-keys]');
const rows = list ? [...list.querySelectorAll('tbody tr')] : [];
const bulk = find('.bulk');
const told = find('[data-told]');
let here = rows.findIndex((row) => row.classList.contains('is-here'));
let looked = -1; // the row that was looked into, to come back to
let anchor = 0; // where the last tick was set or taken away

const box = (row) => row && find('input[type=checkbox]:not([disabled])', row);
const link = (row) => find('[data-open-row]', row) || find('a', row);

function go(to) {
  if (!rows.length) return;
  if (rows[here]) rows[here].classList.remove('is-here');
  here = Math.max(0, Math.min(rows.length - 1, to));
  rows[here].classList.add('is-here');
  if (peeking()) {
    rows[here].scrollIntoView({ block: 'nearest' });
    lookInto();
  } else link(rows[here]).focus();
}

function lookInto() {
  if (!rows[here]) return;
  looked = here;
  peek(rows[here]);
}

function mark() {
  let selected = 0;
  for (const row of rows) {
    const on = Boolean(box(row)?.checked);
    row.setAttribute('aria-selected', on);
    if (on) selected += 1;
  }
  if (bulk) {
    bulk.hidden = !selected;
    find('[data-n]', bulk).textContent = selected;
  }
}

/* Every row from the last tick to this one becomes as this one. */
function tick(at, on, range) {
  const [first, last] = range ? [Math.min(anchor, at), Math.max(anchor, at)] : [at, at];
  for (const row of rows.slice(first, last + 1)) {
    const one = box(row);
    if (one) one.checked = on;
  }
  anchor = at;
  mark();
}

function say(words) {
  if (!told || !words) return;
  told.hidden = false;
  told.textContent = words;
}

/* Claims a row at once and says so; whoever was faster is named in the row. */
async function claim(row) {
  const button = row && find('[data-claim]', row);
  const form = button && button.form;
  if (!form || !form.dataset.mine) return button && button.click();
  const cell = button.closest('[data-who]');
  const before = [...cell.childNodes];
  const focused = row.contains(document.activeElement);
  const asked = new FormData();
  asked.append('csrf_token', form.elements.csrf_token.value);
  asked.append('claim', button.value);
  cell.replaceChildren(form.dataset.mine);
  if (focused) link(row).focus();
  try {
    const answer = await fetch(form.action, { method: 'POST', body: asked, headers: { 'HX-Request': 'true' } });
    if ((!answer.ok && answer.status !== 409) || answer.redirected) throw new Error(answer.status);
    cell.replaceChildren(...new DOMParser().parseFromString(await answer.text(), 'text/html').body.childNodes);
    say(find('[data-words]', cell)?.dataset.words);
  } catch {
    cell.replaceChildren(...before);
    say(form.dataset.unreached);
  }
}

const acts = {
  j: () => go(here + 1),
  k: () => go(here - 1),
  x: () => box(rows[here]) && tick(here, !box(rows[here]).checked, false),
  X: () => box(rows[here]) && tick(here, true, true),
  c: () => {
    const row = rows[here]; // closing gives the focus back to where it was before the look
    closePeek();
    claim(row);
  },
  ' ': () => (peeking() ? closePeek() : lookInto()),
};

if (list) {
  list.addEventListener('change', mark);
  list.addEventListener('click', (event) => {
    const row = event.target.closest('tbody tr');
    const at = rows.indexOf(row);
    if (at < 0) return;
    if (event.target.matches('input[type=checkbox]')) tick(at, event.target.checked, event.shiftKey);
    const button = event.target.closest('[data-claim]');
    if (button && button.form.dataset.mine) {
      event.preventDefault();
      claim(row);
    }
  });
  list.addEventListener('focusin', (event) => {
    const badge = event.target.closest('[data-why]');
    if (badge) say([badge.title, badge.dataset.why].filter(Boolean).join(' · '));
    const at = rows.indexOf(event.target.closest('tbody tr'));
    if (at >= 0 && at !== here) {
      rows[here]?.classList.remove('is-here');
      here = at;
      rows[here].classList.add('is-here');
    }
  });
  find('#peek')?.addEventListener('close', () => {
    if (looked >= 0) go(looked);
    looked = -1;
  });
  mark();
}

/* A claim in the peek is the row's own. */
document.addEventListener('click', (event) => {
  if (!event.target.closest('[data-claim-peeked]') || !rows[here]) return;
  event.preventDefault();
  acts.c();
});

/* <label hidden data-all><input type="checkbox"></label>: ticks every row that may be ticked. */
const all = find('[data-all]');
if (all) {
  all.hidden = false;
  all.addEventListener('change', (event) => {
    for (const row of rows) if (box(row)) box(row).checked = event.target.checked;
    mark();
  });
}

for (const select of document.querySelectorAll('select[data-submits]')) {
  select.addEventListener('change', () => select.form.requestSubmit());
}

document.addEventListener('keydown', (event) => {
  if (!list || !(peeking() ? isPlain(event) : mayAct(event))) return;
  const act = acts[event.key];
  if (event.key === 'Enter' && peeking() && !event.target.closest('button, a')) {
    find('[data-open-peeked]')?.click();
  }
  if (event.key === ' ' && event.target.closest('button, summary, input, select')) return;
  if (!act) return;
  if (event.key === ' ') event.preventDefault();
  act();
});
