/* The page of a draft's diagram: modeler, tools, list, properties, saving, problems, words on
 * elements. Parts meet in `studio`; its element carries it, so that tests can look. */
import { add, remove, select } from './building.js';
import { chips } from './chips.js';
import { comments } from './comments.js';
import { exchange } from './exchange.js';
import { KINDS, kindOf } from './kinds.js';
import { offered, withoutShapes } from './laying_out.js';
import { fit, makeModeler } from './modeler.js';
import { perform } from './operations.js';
import { outline } from './outline.js';
import { panel } from './panel.js';
import { problems } from './problems.js';
import { saver } from './saving.js';
import { simulation } from './simulation.js';
import { toolbar } from './toolbar.js';
import { english, inLanguage, missing, say } from './words.js';

const root = document.querySelector('[data-studio]');
const part = (name) => root.querySelector(`[data-${name}]`);

/* Runs once when many things changed at the same moment. */
function gathered() {
  const waiting = new Map();
  return (name, act, pause = 0) => {
    clearTimeout(waiting.get(name));
    waiting.set(name, setTimeout(act, pause));
  };
}

async function json(address) {
  const answer = await fetch(address, { headers: { Accept: 'application/json' } });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

function asker(address) {
  const known = new Map();
  return (budget) => {
    if (!known.has(budget)) {
      known.set(budget, json(`${address}?budget=${encodeURIComponent(budget)}`).then((told) => told.said, () => ''));
    }
    return known.get(budget);
  };
}

function language(studio) {
  const button = part('language');
  const names = studio.modeler.get('englishNames');
  button.addEventListener('click', () => {
    names.show(!names.on);
    button.setAttribute('aria-pressed', String(names.on));
    studio.root.dataset.names = names.on ? 'en' : 'zh';
  });
  if (english) button.click();
}

function history(studio) {
  const stack = studio.modeler.get('commandStack');
  const [undo, redo] = [part('undo'), part('redo')];
  const look = () => {
    undo.disabled = !stack.canUndo();
    redo.disabled = !stack.canRedo();
  };
  const back = () => {
    studio.panel.flush();
    if (stack.canUndo()) stack.undo();
  };
  const again = () => stack.canRedo() && stack.redo();
  undo.addEventListener('click', back);
  redo.addEventListener('click', again);
  studio.modeler.get('eventBus').on('commandStack.changed', () => studio.soon('history', look));
  // On the canvas the drawing library listens itself.
  root.addEventListener('keydown', (event) => {
    if (!(event.ctrlKey || event.metaKey) || part('canvas').contains(event.target)) return;
    const key = event.key.toLowerCase();
    if (key === 'z' || key === 'y') {
      event.preventDefault();
      if (key === 'y' || event.shiftKey) again();
      else back();
    } else if (key === 'f') {
      event.preventDefault();
      studio.modeler.get('searchPad').toggle();
    }
  });
  look();
}

/* Nobody else's draft is changed: everything can be looked at and exported, nothing written. */
function onlyLooking(studio) {
  root.classList.add('studio--looking');
  const { modeler } = studio;
  modeler.get('commandStack').execute = () => {};
  modeler.get('directEditing').activate = () => {};
}

function checking(studio) {
  const list = problems({
    address: root.dataset.draft,
    host: document.querySelector('[data-problems]'),
    files: async () => ({ 'process.bpmn': await studio.read() }),
    modeler: studio.modeler,
    select: studio.select,
    perform: studio.perform,
  });
  studio.modeler.get('eventBus').on('commandStack.changed', () => list.changed());
  studio.problems = list;
}

function saving(studio) {
  const file = saver({
    address: root.dataset.draft,
    path: 'process.bpmn',
    revision: Number(root.dataset.revision),
    read: studio.read,
    onSaved: ({ address }) => { root.dataset.draft = address || root.dataset.draft; },
  });
  studio.modeler.get('eventBus').on('commandStack.changed', () => file.changed());
  studio.file = file;
  return file;
}

async function open(studio) {
  const answer = await fetch(root.dataset.source, { headers: { Accept: 'application/xml' } });
  let xml = await answer.text();
  let laid = false;
  if (withoutShapes(xml)) {
    const drawn = await offered(studio, xml);
    if (drawn) [xml, laid] = [drawn, true];
  }
  try {
    await studio.modeler.importXML(xml);
  } catch (error) {
    studio.tell(say('这张图打不开：{why}', { why: error.message }));
    throw error;
  }
  fit(studio.modeler);
  return laid;
}

async function begin() {
  const soon = gathered();
  const modeler = makeModeler(part('canvas'));
  // The library lets the keyboard into its canvas, and gives it no name.
  for (const [name, value] of [['role', 'application'], ['aria-label', say('画布')]]) part('canvas').querySelector('svg[tabindex]').setAttribute(name, value);
  const studio = {
    root,
    modeler,
    missing,
    soon,
    editable: root.dataset.editable === 'yes',
    options: await json(root.dataset.options),
    due: asker(root.dataset.due),
    read: async () => (await modeler.saveXML({ format: true })).xml,
    select: (id) => select(modeler, id),
    kinds: KINDS.map((one) => one.key),
    add: (key, after = null) => add(modeler, modeler.get('elementRegistry').get(after), kindOf(key)),
    remove: () => remove(modeler, modeler.get('selection').get()),
    perform: (operations) => perform(modeler, operations),
    onChanged: (act) => modeler.get('eventBus').on('commandStack.changed', act),
    tell: (words) => { part('told').textContent = words; },
    inLanguage,
  };
  root.studio = studio;
  studio.focusPanel = () => soon('focus', () => {
    const first = part('props').querySelector('input:not([type=hidden]):not([readonly]), textarea, select');
    if (first) first.focus();
  }, 30);
  studio.panel = panel(part('props'), studio);
  outline(part('outline'), studio);
  toolbar(part('tools'), studio);
  chips(studio);
  exchange(studio, root.querySelectorAll('[data-export]'));
  simulation(studio, part('walk'));
  part('find').addEventListener('click', () => modeler.get('searchPad').toggle());
  part('whole').addEventListener('click', () => fit(modeler));
  modeler.get('eventBus').on('root.set', () => soon('fit', () => fit(modeler)));
  const laid = await open(studio);
  history(studio);
  language(studio);
  if (studio.editable) {
    const file = saving(studio);
    if (laid) file.changed();
  } else {
    onlyLooking(studio);
  }
  checking(studio);
  comments({ address: root.dataset.draft, host: document.querySelector('[data-comments]'), modeler, select: studio.select });
  root.dataset.ready = 'yes';
  root.dispatchEvent(new CustomEvent('studio-ready', { detail: studio, bubbles: true }));
}

begin().catch((error) => {
  root.dataset.ready = 'no';
  console.warn(error.message);
});
