/* The page of a decision: the table editor, saving, what the tests say after each save, problems.
 *
 * <div data-decision data-address data-path data-revision data-results> is filled; the plain table
 * beside it, [data-plain], stays for people without JavaScript. Only tables are edited, with the hit
 * policies and kinds of values that the engine runs. The element carries the parts for tests. */
import EditingManager from 'dmn-js-shared/lib/base/EditingManager';
import TableEditor from 'dmn-js-decision-table/lib/Editor';
import TableViewer from 'dmn-js-decision-table/lib/Viewer';
import { HIT_POLICIES } from 'dmn-js-decision-table/lib/features/hit-policy/HitPolicies';
import { is } from 'dmn-js-shared/lib/util/ModelUtil';
import 'dmn-js/dist/assets/diagram-js.css';
import 'dmn-js/dist/assets/dmn-js-shared.css';
import 'dmn-js/dist/assets/dmn-js-decision-table.css';
import 'dmn-js/dist/assets/dmn-js-decision-table-controls.css';
import 'dmn-js/dist/assets/dmn-font/css/dmn.css';
import './decisions.css';
import { missing, translate } from './decisions_words.js';
import { problems } from './problems.js';
import { saver } from './saving.js';
import { words } from './speaking.js';

const said = words({
  zh: { undo: '撤销', redo: '重做', add: '加一行', good: '对', bad: '不对', unread: '这张表编辑器读不出来，先用下面的简单表格。' },
  en: { undo: 'Undo', redo: 'Redo', add: 'Add a row', good: 'right', bad: 'wrong', unread: 'The editor cannot read this table; use the plain table below.' },
});
const RUN = ['Unique', 'First', 'Collect'];
HIT_POLICIES.splice(0, HIT_POLICIES.length, ...HIT_POLICIES.filter((one) => RUN.includes(one.label)));

/* Tables alone: what draws decisions as boxes with arrows is not there to be opened. */
class Tables extends EditingManager {
  _getViewProviders() {
    return [{
      id: 'decisionTable',
      constructor: this._options.readonly ? TableViewer : TableEditor,
      opens: (element) => is(element, 'dmn:Decision') && is(element.decisionLogic, 'dmn:DecisionTable'),
    }];
  }

  _init(options) {
    this._options = options;
    super._init(options);
  }
}

function button(text, act) {
  const control = document.createElement('button');
  control.type = 'button';
  control.className = 'btn btn--s';
  control.textContent = text;
  control.addEventListener('click', act);
  return control;
}

function tag(text, state) {
  const made = document.createElement('span');
  made.className = `tag tag--${state}`;
  made.textContent = text;
  return made;
}

/* A row at the end with these cells, as one step that can be undone. */
function appendRule(view, cells) {
  const sheet = view.get('sheet');
  const stack = view.get('commandStack');
  if (!stack._handlerMap['studio.append-rule']) {
    stack.register('studio.append-rule', {
      preExecute: ({ texts }) => {
        const modeling = view.get('modeling');
        const made = modeling.addRow({ type: 'dmn:DecisionRule' }, sheet.getRoot().rows.length);
        texts.forEach((text, at) => made.cells[at] && text && modeling.editCell(made.cells[at].businessObject, text));
      },
    });
  }
  stack.execute('studio.append-rule', { texts: cells });
}

/* What a step is about: the editor makes one of every key that is pressed in a cell. */
function about(entry) {
  if (!entry || entry.command !== 'element.updateProperties') return null;
  return `${entry.context.element.id} ${Object.keys(entry.context.properties)}`;
}

/* All that is typed into a cell is one step: entries with one id are taken back together. A cell's own
 * editor says what it holds also when that came back by itself; that is no step. */
function gathered(view) {
  const stack = view.get('commandStack');
  const modeling = view.get('modeling');
  const edit = modeling.editCell.bind(modeling);
  modeling.editCell = (cell, text) => ((cell.text ?? '') === text ? undefined : edit(cell, text));
  view.get('eventBus').on('commandStack.changed', ({ trigger }) => {
    const [before, last] = stack._stack.slice(stack._stackIdx - 1, stack._stackIdx + 1);
    if (trigger === 'execute' && last && about(last) && about(last) === about(before)) last.id = before.id;
  });
}

function bar(box, view) {
  const stack = view.get('commandStack');
  const actions = view.get('editorActions');
  const undo = button(said.undo, () => stack.canUndo() && stack.undo());
  const redo = button(said.redo, () => stack.canRedo() && stack.redo());
  const look = () => {
    undo.disabled = !stack.canUndo();
    redo.disabled = !stack.canRedo();
  };
  const made = document.createElement('div');
  made.className = 'decision-bar';
  made.append(button(said.add, () => actions.trigger('addRule')), undo, redo);
  box.before(made);
  view.get('eventBus').on('elements.changed', look);
  look();
}

/* What the tests say of the table as it was saved last. */
async function retest(box, address) {
  const answer = await fetch(address, { headers: { Accept: 'application/json' } });
  if (!answer.ok) return;
  const told = await answer.json();
  told.tests.forEach(({ state, text }, at) => {
    const cell = document.querySelector(`[data-result="${at}"]`);
    if (cell) cell.replaceChildren(tag(state === 'ok' ? said.good : said.bad, state), ` ${text}`);
  });
  document.querySelector('[data-coverage]')?.replaceChildren(tag(told.coverage.text, told.coverage.state));
  box.dataset.tested = told.coverage.state;
}

async function open(box) {
  const { address, path, results } = box.dataset;
  const answer = await fetch(`${address}/files/${path}`);
  const xml = await answer.text();
  const readonly = 'readonly' in box.dataset;
  box.hidden = false;
  const tables = new Tables({
    container: box,
    readonly,
    common: {
      dataTypes: ['string', 'boolean', 'number'],
      expressionLanguages: { options: [{ value: 'feel', label: 'FEEL' }] },
      keyboard: { bind: true },
    },
    decisionTable: { additionalModules: [{ translate: ['value', translate] }] },
  });
  await tables.importXML(xml);
  if (!tables.getActiveView()) throw new Error('no decision table');
  document.querySelector('[data-plain]').hidden = true;
  const view = tables.getActiveViewer();
  box.studio = { tables, view, missing };
  if (!readonly) {
    const read = async () => (await tables.saveXML({ format: true })).xml;
    const list = problems({
      address,
      host: document.querySelector('[data-problems]'),
      file: path,
      files: async () => ({ [path]: await read() }),
      select: () => box.querySelector('.tjs-container')?.focus(),
      perform: (steps) => steps.filter((one) => one.do === 'append-rule').forEach((one) => appendRule(view, one.cells)),
    });
    const file = saver({
      address,
      path,
      revision: Number(box.dataset.revision),
      read,
      onSaved: (told) => retest(box, told.apart ? results.replace(address, told.address) : results),
    });
    box.studio = { ...box.studio, file, list, append: (cells) => appendRule(view, cells) };
    gathered(view);
    bar(box, view);
    view.get('eventBus').on('elements.changed', () => {
      file.changed();
      list.changed();
    });
  }
  box.dataset.ready = 'yes';
}

// On a phone the plain table is the better one.
const roomy = window.matchMedia('(min-width: 761px)').matches;
for (const box of roomy ? document.querySelectorAll('[data-decision]') : []) {
  open(box).catch((error) => {
    box.hidden = true;
    document.querySelector('[data-plain]').hidden = false;
    console.warn(`${said.unread} ${error.message}`);
  });
}
