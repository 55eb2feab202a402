// The list of problems beside a drawing: the server's linter on every pause, marks on the elements, a jump to each,
// why it is one, an example, and a fix where one is certain.
//
//   const list = problems({address: '/design/drafts/<id>', host, files: async () => ({'process.bpmn': xml}),
//                          modeler, select: (id) => …, perform: (operations) => …});
//   list.changed();   // after each change
//   list.close();
//
// files: what this window has and the server may not have yet. modeler: for marks on a drawing, may be left out.
// file: the path of the file that is open here; faults of others lead to their own pages.
import './problems.css';
import { post } from './asking.js';
import { english, fill, words } from './speaking.js';

const PAUSE = 700;
const AGAIN = 5000;
const said = words({
  zh: {
    heading: '问题',
    none: '没有问题，可以部署。',
    errors: '{n} 处要改',
    warnings: '{n} 处留意',
    where: '在哪里',
    what: '什么问题',
    out: '出路',
    why: '为什么',
    example: '看例子',
    file: '整个文件',
    lost: '现在查不了，连上以后再查。',
    mark: '{n} 个问题',
    inside: '里面有 {n} 个问题',
    error: '要改',
    warning: '留意',
    fixed: '已改：{what}。可以撤销。',
  },
  en: {
    heading: 'Problems',
    none: 'No problem: it can be deployed.',
    errors: '{n} to fix',
    warnings: '{n} to note',
    where: 'Where',
    what: 'Problem',
    out: 'Way out',
    why: 'Why',
    example: 'See an example',
    file: 'the whole file',
    lost: 'Not checked now; it will be when the server is back.',
    mark: '{n} problems',
    inside: '{n} problems inside',
    error: 'to fix',
    warning: 'to note',
    fixed: 'Done: {what}. It can be undone.',
  },
});

const NAME = /([!-~]*[a-z]{3,}[!-~]*)/;

/* A Chinese sentence with the names in it set apart: ids, properties, values. */
const coded = (text) => (english() ? [text] : text.split(NAME)
  .map((part, place) => (place % 2 ? made('code', {}, part) : part)));

function made(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

export function problems({ address, host, files, modeler = null, file = 'process.bpmn', select, perform, onChecked = () => {} }) {
  let timer = 0;
  let asking = false;
  let again = false;
  let closed = false;
  let faults = [];

  const heading = made('h2', { tabindex: '-1' }, said.heading);
  const counts = made('span', { class: 'problem-counts', role: 'status' });
  const body = made('div', { class: 'problem-list' });
  const news = made('p', { class: 'sr', role: 'status' });
  host.classList.add('problems');
  host.replaceChildren(made('div', { class: 'problem-head' }, heading, counts), news, body);

  const tag = (text, state) => made('span', { class: `tag tag--${state}` }, text);

  function where(fault) {
    const drawn = fault.name ? made('span', english() ? { lang: 'zh-CN' } : {}, fault.name) : '';
    const name = drawn || (fault.element ? made('code', {}, fault.element) : said.file);
    const here = fault.file === file && fault.element;
    const all = fault.file === file ? [name] : [made('code', {}, fault.file), ' · ', name];
    if (!here && fault.url) return made('a', { href: fault.url }, ...all);
    if (!here) return made('span', {}, ...all);
    const jump = made('button', { type: 'button', class: 'problem-jump' }, name);
    jump.addEventListener('click', () => select(fault.element));
    return jump;
  }

  function mend(fault) {
    if (!fault.fix || fault.file !== file) return '';
    const button = made('button', { type: 'button', class: 'btn btn--s' }, ...coded(fault.fix.label));
    button.addEventListener('click', async () => {
      button.disabled = true;
      await perform(fault.fix.operations, fault);
      news.textContent = fill(said.fixed, { what: fault.fix.label });
      heading.focus();
      check();
    });
    return button;
  }

  function why(fault) {
    const told = made('details', { class: 'problem-why' }, made('summary', {}, said.why), made('p', {}, ...coded(fault.why)));
    if (fault.shown) {
      const link = made('a', { href: `/design/rules/${fault.rule}`, target: '_blank' }, said.example);
      told.append(made('p', {}, link));
    }
    return told;
  }

  function row(fault) {
    const worry = fault.severity === 'error';
    const problem = made('td', {}, tag(worry ? said.error : said.warning, worry ? 'late' : 'soon'), ' ', ...coded(fault.message));
    if (fault.why) problem.append(why(fault));
    return made('tr', { 'data-rule': fault.rule, 'data-element': fault.element }, made('th', { scope: 'row', class: 't' }, where(fault)), problem, made('td', {}, mend(fault)));
  }

  function show() {
    const errors = faults.filter((one) => one.severity === 'error').length;
    counts.replaceChildren(...(errors ? [tag(fill(said.errors, { n: errors }), 'late')] : []),
      ...(faults.length > errors ? [tag(fill(said.warnings, { n: faults.length - errors }), 'soon')] : []));
    if (!faults.length) {
      body.replaceChildren(made('p', { class: 'in' }, said.none));
      return;
    }
    // What is open stays open, and the focus where it was, when the list is made anew.
    const open = new Set([...body.querySelectorAll('tr')].filter((one) => one.querySelector('details[open]')).map((one) => one.dataset.rule + one.dataset.element));
    const held = body.contains(document.activeElement) ? document.activeElement.closest('tr') : null;
    const head = made('thead', {}, made('tr', {}, ...[said.where, said.what, said.out].map((text) => made('th', { scope: 'col' }, text))));
    const rows = faults.map(row);
    for (const one of rows) if (open.has(one.dataset.rule + one.dataset.element)) one.querySelector('details').open = true;
    body.replaceChildren(made('table', { class: 'table table--cards' }, head, made('tbody', {}, ...rows)));
    if (held) (rows.find((one) => one.dataset.rule === held.dataset.rule && one.dataset.element === held.dataset.element)?.querySelector('button, a') || heading).focus();
  }

  /* A figure on every element with a fault, and on the closed stage it lies in. */
  function mark() {
    if (!modeler) return;
    const overlays = modeler.get('overlays');
    const registry = modeler.get('elementRegistry');
    overlays.remove({ type: 'problems' });
    const found = new Map();
    const inside = new Map();
    for (const fault of faults.filter((one) => one.file === file && one.element)) {
      const shape = registry.get(fault.element);
      if (!shape || !shape.parent) continue;
      found.set(shape.id, [...(found.get(shape.id) || []), fault]);
      for (let root = modeler.get('canvas').findRoot(shape); root?.id?.endsWith('_plane');) {
        const stage = registry.get(root.id.slice(0, -'_plane'.length));
        if (!stage) break;
        inside.set(stage.id, [...(inside.get(stage.id) || []), fault]);
        root = modeler.get('canvas').findRoot(stage);
      }
    }
    const put = (id, list, text, position) => {
      const worst = list.some((one) => one.severity === 'error') ? 'error' : 'warning';
      const badge = made('button', { type: 'button', tabindex: '-1', class: `problem-mark problem-mark--${worst}`, title: list.map((one) => one.message).join('\n'), 'aria-label': fill(text, { n: list.length }) }, String(list.length));
      badge.addEventListener('click', () => {
        const line = [...body.querySelectorAll('tr')].find((one) => one.dataset.element === list[0].element);
        line?.querySelector('button, a, summary')?.focus();
      });
      overlays.add(id, 'problems', { position, html: badge });
    };
    for (const [id, list] of found) put(id, list, said.mark, { top: -11, left: -11 });
    for (const [id, list] of inside) put(id, list, said.inside, { bottom: 11, left: -11 });
  }

  async function check() {
    clearTimeout(timer);
    if (closed) return;
    if (asking) { again = true; return; }
    asking = true;
    const own = `${address}/files/${file}`;
    const answer = await post(`${address}/faults`, { files: await files() }, { fresh: own });
    asking = false;
    if (closed) return;
    if (answer.kind === 'ok') {
      faults = answer.told.faults;
      show();
      mark();
      onChecked(faults);
    } else {
      if (!faults.length) body.replaceChildren(made('p', { class: 'in mut' }, answer.told.said || said.lost));
      timer = setTimeout(check, AGAIN);
    }
    if (again) { again = false; changed(); }
  }

  function changed() {
    clearTimeout(timer);
    timer = setTimeout(check, PAUSE);
  }

  check();
  return {
    changed,
    now: check,
    close() { closed = true; clearTimeout(timer); },
    get faults() { return faults; },
  };
}
