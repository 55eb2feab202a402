/* Fields of the properties panel as plain HTML. A control writes what was typed after a short
 * pause and when it is left; one that is being typed in is not written over. */
import { say } from './words.js';

const PAUSE = 400; // ms
let count = 0;

export function node(tag, values = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(values)) {
    if (name === 'on') for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== false && value !== undefined && value !== null) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function labelled(field, control, more = []) {
  count += 1;
  const id = `studio-field-${count}`;
  control.id = id;
  const hint = field.hint && node('p', { class: 'hint', id: `${id}-hint` }, field.hint);
  if (hint) control.setAttribute('aria-describedby', hint.id);
  return node('div', { class: 'field', 'data-field': field.id }, node('label', { for: id }, field.label), ...(hint ? [hint] : []), control, ...more);
}

/* A text: written after a pause, or at once when it is left. */
function typed(control, state) {
  let timer = 0;
  const write = () => {
    clearTimeout(timer);
    timer = 0;
    if (control.value !== state.field.value) state.field.set(control.value);
  };
  control.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(write, PAUSE);
  });
  control.addEventListener('change', write);
  return {
    flush: () => timer && write(),
    refresh() {
      if (!timer && control.value !== state.field.value) control.value = state.field.value;
    },
  };
}

function textControl(field) {
  const state = { field };
  const control = field.kind === 'area'
    ? node('textarea', { rows: field.rows || 3, spellcheck: 'false', class: field.mono ? 'mono' : '' })
    : node('input', { type: 'text', spellcheck: 'false', class: field.mono ? 'mono' : '' });
  if (field.lang) control.lang = field.lang;
  if (field.most) control.maxLength = field.most;
  if (field.off) control.readOnly = true;
  control.value = field.value;
  const kept = typed(control, state);
  return { box: labelled(field, control), ...kept, take: (next) => { state.field = next; kept.refresh(); } };
}

function choices(control, field) {
  const known = field.options.some((one) => one.value === field.value);
  const all = known || !field.value ? field.options : [...field.options, { value: field.value, label: field.value }];
  control.replaceChildren(...all.map((one) => {
    const option = node('option', { value: one.value }, one.label);
    option.selected = one.value === field.value;
    return option;
  }));
}

function selectControl(field) {
  const state = { field };
  const control = node('select', { on: { change: () => state.field.set(control.value) } });
  choices(control, field);
  return {
    box: labelled(field, control),
    flush() {},
    take(next) {
      state.field = next;
      if (document.activeElement !== control || control.value !== next.value) choices(control, next);
    },
  };
}

function checkControl(field) {
  const state = { field };
  const control = node('input', { type: 'checkbox', on: { change: () => state.field.set(control.checked) } });
  control.checked = Boolean(field.value);
  const box = node('div', { class: 'field', 'data-field': field.id }, node('label', { class: 'choice' }, control, node('span', {}, field.label)));
  return { box, flush() {}, take(next) { state.field = next; control.checked = Boolean(next.value); } };
}

/* Several of a list; what is chosen is kept in the order of the list, what is unknown stays. */
function checksControl(field) {
  const state = { field };
  const holder = node('div', { class: 'choices' });
  const draw = () => {
    const known = new Set(state.field.options.map((one) => one.value));
    const chosen = state.field.value;
    const all = [...state.field.options, ...chosen.filter((one) => !known.has(one)).map((one) => ({ value: one, label: one }))];
    holder.replaceChildren(...all.map((one) => {
      const control = node('input', { type: 'checkbox', value: one.value });
      control.checked = chosen.includes(one.value);
      control.addEventListener('change', () => {
        const now = [...holder.querySelectorAll('input')].filter((each) => each.checked).map((each) => each.value);
        state.field.set(now);
      });
      return node('label', { class: 'choice' }, control, node('span', {}, one.label));
    }));
  };
  draw();
  const box = node('fieldset', { class: 'field', 'data-field': field.id }, node('legend', {}, field.label), holder);
  return {
    box,
    flush() {},
    take(next) {
      state.field = next;
      const now = [...holder.querySelectorAll('input')].filter((each) => each.checked).map((each) => each.value);
      if (now.join() !== next.value.join()) draw();
    },
  };
}

export const UNITS = [
  { value: 'WD', label: () => say('个工作日') },
  { value: 'd', label: () => say('天') },
  { value: 'h', label: () => say('小时') },
  { value: 'h office', label: () => say('个办公小时') },
];
const BUDGET = /^([1-9]\d{0,3}) (WD|d|h|h office)$/;
const OWN = ' own';
const WRITTEN = ' written';

/* A limit: one of the pack's by name, a budget of one's own, or an expression. */
function limitControl(field) {
  const state = { field };
  const list = node('select');
  const amount = node('input', { type: 'number', min: 1, max: 9999, class: 'w-s', 'aria-label': say('多少') });
  const unit = node('select', { 'aria-label': say('单位（时间）') }, ...UNITS.map((one) => node('option', { value: one.value }, one.label())));
  const own = node('div', { class: 'row' }, amount, unit);
  const expression = node('input', { type: 'text', class: 'mono', spellcheck: 'false', 'aria-label': say('算出时限的式子') });
  const due = node('p', { class: 'hint', 'data-due': true, role: 'status' });
  let asked = 0;

  const budgetOf = (value) => (BUDGET.test(value) ? value : state.field.options.find((one) => one.value === value)?.budget);
  const tell = async () => {
    const budget = budgetOf(state.field.value);
    asked += 1;
    const turn = asked;
    const words = budget ? await state.field.due(budget) : '';
    if (turn === asked) due.textContent = words;
  };
  const draw = () => {
    const { value, options, none } = state.field;
    const named = options.some((one) => one.value === value);
    const mode = !value && none ? '' : named ? value : BUDGET.test(value) ? OWN : WRITTEN;
    const all = [...(none ? [{ value: '', label: none }] : []), ...options, { value: OWN, label: say('自己定…') }, { value: WRITTEN, label: say('用式子算…') }];
    list.replaceChildren(...all.map((one) => node('option', { value: one.value }, one.label)));
    list.value = mode;
    own.hidden = mode !== OWN;
    expression.hidden = mode !== WRITTEN;
    const found = BUDGET.exec(value);
    if (found && document.activeElement !== amount) [, amount.value, unit.value] = found;
    if (mode === WRITTEN && document.activeElement !== expression) expression.value = value;
    tell();
  };
  const writeOwn = () => {
    if (Number(amount.value) >= 1) state.field.set(`${Math.min(Number.parseInt(amount.value, 10), 9999)} ${unit.value}`);
  };
  list.addEventListener('change', () => {
    if (list.value === OWN) {
      amount.value = BUDGET.exec(budgetOf(state.field.value) || '5 WD')[1];
      unit.value = BUDGET.exec(budgetOf(state.field.value) || '5 WD')[2];
      writeOwn();
    } else if (list.value === WRITTEN) {
      expression.value = `limit("${state.field.value || 'handling'}")`;
      state.field.set(expression.value);
    } else {
      state.field.set(list.value);
    }
  });
  amount.addEventListener('change', writeOwn);
  unit.addEventListener('change', writeOwn);
  expression.addEventListener('change', () => state.field.set(expression.value.trim()));
  const box = labelled(field, list, [own, expression, due]);
  draw();
  return { box, flush() {}, take(next) { const same = next.value === state.field.value; state.field = next; if (!same) draw(); } };
}

const MAKERS = { text: textControl, area: textControl, select: selectControl, check: checkControl, checks: checksControl, limit: limitControl };

/* {box, flush, take(field)} of a field. */
export const control = (field) => MAKERS[field.kind](field);
