/* What can be done with what is selected, as ordinary controls: add behind it, join it to another,
 * turn it into something else, give it a colour, delete it. All of it works without a mouse. */
import { is } from 'bpmn-js/lib/util/ModelUtil';
import { add, canAdd, connect, connectable, remove, replace } from './building.js';
import { node } from './controls.js';
import { KINDS, alternatives, kindOf, wordsOf } from './kinds.js';
import { property } from './extensions.js';
import { english, inLanguage, say } from './words.js';

const COLOURS = [
  { key: '', zh: '没有', en: 'None', fill: undefined, stroke: undefined },
  { key: 'blue', zh: '蓝', en: 'Blue', fill: '#e8f1fb', stroke: '#1b4f8a' },
  { key: 'amber', zh: '琥珀', en: 'Amber', fill: '#fff3dc', stroke: '#8a5a00' },
  { key: 'green', zh: '绿', en: 'Green', fill: '#e6f4ea', stroke: '#1e6b3a' },
  { key: 'red', zh: '红', en: 'Red', fill: '#fdecea', stroke: '#a3271b' },
  { key: 'grey', zh: '灰', en: 'Grey', fill: '#eef1f0', stroke: '#4a5552' },
];

function nameOf(element) {
  const thing = element.businessObject;
  return ((english && property(thing, 'name_en')) || thing.name || thing.text || wordsOf(element)).replace(/\s+/g, ' ');
}

function asked(label, key, options, word, act) {
  const list = node('select', { 'aria-label': label, 'data-act-list': key }, ...options.map((one) => node('option', { value: one.value }, one.label)));
  const button = node('button', { type: 'button', class: 'btn btn--s', 'data-act': key, on: { click: () => act(list.value) } }, word);
  return node('div', { class: 'studio-act' }, list, button);
}

function fill(row, options) {
  const list = row.querySelector('select');
  const before = list.value;
  list.replaceChildren(...options.map((one) => node('option', { value: one.value }, one.label)));
  if (options.some((one) => one.value === before)) list.value = before;
  row.hidden = !options.length;
}

function single(studio, element, focused) {
  const { modeler } = studio;
  const rows = [];
  const onFlow = is(element, 'bpmn:SequenceFlow');
  const kinds = KINDS.filter((one) => canAdd(element, one));
  if (element.type !== 'label') {
    const list = kinds.map((one) => ({ value: one.key, label: inLanguage(one) }));
    rows.push(asked(onFlow ? say('插在这条线上') : say('后面加什么'), 'add', list, onFlow ? say('插入') : say('加上'), (key) => focused(() => add(modeler, element, kindOf(key)))));
  }
  let targets = null;
  if (is(element, 'bpmn:FlowNode') || is(element, 'bpmn:TextAnnotation')) {
    targets = asked(say('连到哪里'), 'connect', [], say('连线'), (id) => {
      const target = modeler.get('elementRegistry').get(id);
      if (target) focused(() => connect(modeler, element, target));
    });
    rows.push(targets);
  }
  const others = alternatives(element, modeler.get('moddle'));
  if (others.length) {
    rows.push(asked(say('换成什么'), 'replace', others.map((one) => ({ value: one.key, label: inLanguage(one) })), say('换成'), (key) => focused(() => replace(modeler, element, kindOf(key)))));
  }
  return { rows, targets };
}

export function actions(studio, elements) {
  const { modeler } = studio;
  const root = elements.length === 1 && !elements[0].parent;
  // The panel is drawn anew for what was made; the keyboard goes on in it.
  const focused = (act) => {
    act();
    studio.focusPanel();
  };
  const { rows, targets } = elements.length === 1 ? single(studio, elements[0], focused) : { rows: [], targets: null };
  if (!root) {
    const colours = COLOURS.map((one) => ({ value: one.key, label: inLanguage(one) }));
    rows.push(asked(say('颜色'), 'colour', colours, say('上色'), (key) => modeler.get('modeling').setColor(elements, COLOURS.find((one) => one.key === key))));
    rows.push(node('div', { class: 'studio-act' }, node('button', { type: 'button', class: 'btn btn--s btn--danger', 'data-act': 'delete', on: { click: () => focused(() => remove(modeler, elements)) } }, say('删除'))));
  }
  const box = node('details', { class: 'studio-fold', 'data-group': 'acts' }, node('summary', {}, say('动作')), ...rows);
  box.open = studio.actsOpen !== false;
  box.addEventListener('toggle', () => { studio.actsOpen = box.open; });
  const refresh = () => {
    if (targets) fill(targets, connectable(modeler, elements[0]).map((one) => ({ value: one.id, label: nameOf(one) })));
  };
  refresh();
  return { box, refresh };
}
