// What designers say about elements: a list beside the drawing, a line to say something about the chosen element, and
// a mark on each element that somebody has spoken about.
//
//   comments({address: '/design/drafts/<id>', host, modeler, select: (id) => …});
//
// Others' words come every minute.
import './comments.css';
import { got, post } from './asking.js';
import { fill, words } from './speaking.js';

const MINUTE = 60_000;
const LONGEST = 2000;
const said = words({
  zh: {
    heading: '批注',
    none: '没有批注。选中一个图元，说一句。',
    about: '关于「{name}」',
    pick: '先在图上选一个图元',
    say: '记下',
    settle: '处理好了',
    settled: '{who}处理了 · {at}',
    lost: '没有记上。您写的还在，再点一次。',
    gone: '图里已经没有',
    mark: '{n} 条批注',
    done: '处理过的',
  },
  en: {
    heading: 'Comments',
    none: 'No comments. Choose an element and say something.',
    about: 'About “{name}”',
    pick: 'Choose an element of the drawing first',
    say: 'Write it down',
    settle: 'Settled',
    settled: 'settled by {who} · {at}',
    lost: 'Not written down. Your words are still here: press again.',
    gone: 'no longer in the drawing',
    mark: '{n} comments',
    done: 'Settled ones',
  },
});

function made(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

export function comments({ address, host, modeler, select, file = 'process.bpmn' }) {
  const registry = modeler.get('elementRegistry');
  const overlays = modeler.get('overlays');
  const canvas = modeler.get('canvas');
  const fresh = `${address}/files/${file}`;
  let known = [];
  let chosen = '';

  const label = made('label', { for: 'comment-text' }, said.pick);
  const text = made('textarea', { id: 'comment-text', rows: '2', maxlength: String(LONGEST), disabled: '' });
  const button = made('button', { class: 'btn btn--s', disabled: '' }, said.say);
  const trouble = made('p', { class: 'error', role: 'status' });
  const form = made('form', { class: 'field comment-form' }, label, text, trouble, made('p', { class: 'actions' }, button));
  const list = made('div', { class: 'comment-list' });
  const written = () => { if (document.documentElement.lang.startsWith('en')) return { lang: 'zh-CN' }; return {}; };
  host.classList.add('comments', 'panel');
  host.replaceChildren(made('h2', {}, said.heading), form, list);

  const nameOf = (id) => {
    const found = registry.get(id);
    return found ? found.businessObject.name || id : id;
  };

  function choose(element) {
    const id = element && element !== canvas.getRootElement() && !element.labelTarget ? element.id : element?.labelTarget?.id || '';
    if (id === chosen) return;
    chosen = id;
    label.textContent = id ? fill(said.about, { name: nameOf(id) }) : said.pick;
    text.disabled = !id;
    button.disabled = !id;
  }

  function line(one) {
    const there = Boolean(registry.get(one.element));
    const jump = made('button', { type: 'button', class: 'problem-jump', ...written() }, nameOf(one.element));
    jump.addEventListener('click', () => select(one.element));
    const head = made('p', { class: 'small mut' }, there ? jump : made('span', {}, `${one.element}（${said.gone}）`), ' ', made('span', written(), one.who), ` · ${one.at}`);
    const item = made('li', {}, head, made('p', { class: 'comment-words', ...written() }, one.text));
    if (one.settled) {
      item.append(made('p', { class: 'small mut' }, fill(said.settled, { who: one.settled_by, at: one.settled })));
      return item;
    }
    const done = made('button', { type: 'button', class: 'btn btn--s' }, said.settle);
    done.addEventListener('click', async () => {
      done.disabled = true;
      take(await post(`${address}/comments/${one.id}/settle`, {}, { fresh }));
    });
    item.append(done);
    return item;
  }

  function show() {
    const open = known.filter((one) => !one.settled);
    const settled = known.filter((one) => one.settled);
    const parts = [open.length ? made('ol', {}, ...open.map(line)) : made('p', { class: 'mut small' }, said.none)];
    if (settled.length) {
      const wasOpen = list.querySelector('details')?.open;
      const fold = made('details', {}, made('summary', {}, said.done), made('ol', {}, ...settled.map(line)));
      fold.open = Boolean(wasOpen);
      parts.push(fold);
    }
    list.replaceChildren(...parts);
    overlays.remove({ type: 'comments' });
    const counts = new Map();
    for (const one of open) counts.set(one.element, (counts.get(one.element) || 0) + 1);
    for (const [id, count] of counts) {
      if (!registry.get(id)?.parent) continue;
      const badge = made('span', { class: 'comment-mark', title: fill(said.mark, { n: count }) }, String(count));
      overlays.add(id, 'comments', { position: { top: -11, right: 11 }, html: badge });
    }
  }

  function take(answer) {
    trouble.textContent = answer.kind === 'ok' ? '' : answer.told.said || said.lost;
    if (answer.kind !== 'ok') return false;
    known = answer.told.comments;
    show();
    return true;
  }

  async function look() {
    if (document.hidden) return;
    const told = await got(`${address}/comments`);
    if (!told || JSON.stringify(told.comments) === JSON.stringify(known)) return;
    known = told.comments;
    show();
  }

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (!chosen || !text.value.trim()) return;
    button.disabled = true;
    const kept = take(await post(`${address}/comments`, { element: chosen, text: text.value }, { fresh }));
    button.disabled = false;
    if (kept) text.value = '';
  });
  modeler.get('eventBus').on('selection.changed', ({ newSelection }) => {
    if (newSelection.length === 1) choose(newSelection[0]);
  });
  show();
  look();
  const clock = setInterval(look, MINUTE);
  return { close: () => clearInterval(clock), look };
}
