/* Everything that is drawn, as a list in the order it happens: one stop of the Tab key, walked with
 * the arrows; the element one stands at is selected, shown on the canvas and open in the panel. */
import { is } from 'bpmn-js/lib/util/ModelUtil';
import { node } from './controls.js';
import { wordsOf } from './kinds.js';
import { english, say } from './words.js';
import { property } from './extensions.js';

const TOO_DEEP = 20;

function nameOf(thing) {
  const own = thing.name || thing.text || thing.categoryValueRef?.value || '';
  return ((english && property(thing, 'name_en')) || own).replace(/\s+/g, ' ').trim();
}

function said(element) {
  const thing = element.businessObject;
  if (is(element, 'bpmn:SequenceFlow')) {
    const to = thing.targetRef && (nameOf(thing.targetRef) || wordsOf(element.target));
    return `${nameOf(thing) ? `${nameOf(thing)} ` : ''}→ ${to || ''}`;
  }
  return nameOf(thing) || wordsOf(element);
}

/* The elements of a scope in the order they happen, each with its flows and what is on its border. */
function ordered(elements) {
  const rows = [];
  const seen = new Set();
  const nodes = elements.filter((one) => is(one, 'bpmn:FlowNode') && !is(one, 'bpmn:BoundaryEvent'));
  const walk = (element) => {
    const waiting = [element];
    while (waiting.length) {
      const one = waiting.shift();
      if (seen.has(one) || one.parent !== element.parent) continue;
      seen.add(one);
      rows.push(one);
      const flows = one.outgoing.filter((flow) => is(flow, 'bpmn:SequenceFlow'));
      rows.push(...flows);
      for (const border of one.attachers || []) {
        seen.add(border);
        const onward = border.outgoing.filter((flow) => is(flow, 'bpmn:SequenceFlow'));
        rows.push(border, ...onward);
        waiting.push(...onward.map((flow) => flow.target));
      }
      waiting.unshift(...flows.map((flow) => flow.target));
    }
  };
  nodes.filter((one) => is(one, 'bpmn:StartEvent')).forEach(walk);
  nodes.filter((one) => !one.incoming.length).forEach(walk);
  nodes.forEach(walk);
  return rows;
}

function lines(modeler) {
  const registry = modeler.get('elementRegistry');
  const canvas = modeler.get('canvas');
  const found = [];
  const scope = (root, depth) => {
    if (depth > TOO_DEEP) return;
    const frames = root.children.filter((each) => is(each, 'bpmn:Participant') || is(each, 'bpmn:Lane'));
    for (const one of frames.sort((a, b) => a.y - b.y || a.x - b.x)) {
      found.push({ element: one, depth });
      if (is(one, 'bpmn:Participant')) scope(one, depth + 1);
    }
    for (const one of ordered(root.children)) {
      found.push({ element: one, depth: is(one, 'bpmn:SequenceFlow') ? depth + 1 : depth });
      if (!is(one, 'bpmn:SubProcess')) continue;
      if (one.children.some((child) => is(child, 'bpmn:FlowNode'))) scope(one, depth + 1);
      const plane = registry.get(`${one.id}_plane`);
      if (plane) scope(plane, depth + 1);
    }
    for (const one of root.children.filter((each) => is(each, 'bpmn:Artifact') && !each.waypoints && each.type !== 'label')) found.push({ element: one, depth });
  };
  // The planes of collapsed sub-processes are listed where they are drawn.
  for (const root of canvas.getRootElements()) if (!root.id.endsWith('_plane')) scope(root, 0);
  return found;
}

export function outline(box, studio) {
  const { modeler } = studio;
  const filter = node('input', { type: 'search', 'aria-label': say('在清单里找'), placeholder: say('找图元') });
  const list = node('ul', { class: 'outline-list', 'aria-label': say('图元清单') });
  box.append(filter, list);
  let rows = [];
  let drawn = '';

  const buttons = () => [...list.querySelectorAll('button')].filter((one) => !one.parentNode.hidden);

  function sieve() {
    const wanted = filter.value.trim().toLowerCase();
    for (const item of list.children) item.hidden = Boolean(wanted) && !item.textContent.toLowerCase().includes(wanted) && !item.dataset.id.includes(wanted);
  }

  function stop(button, focus) {
    for (const one of list.querySelectorAll('button[tabindex="0"]')) one.tabIndex = -1;
    button.tabIndex = 0;
    if (focus) button.focus();
  }

  function mark() {
    const chosen = modeler.get('selection').get();
    for (const one of list.querySelectorAll('[aria-current]')) one.removeAttribute('aria-current');
    const id = chosen.length === 1 ? (chosen[0].labelTarget || chosen[0]).id : '';
    const button = id && list.querySelector(`[data-id="${CSS.escape(id)}"] button`);
    if (button) {
      button.setAttribute('aria-current', 'true');
      stop(button, false);
      if (!list.contains(document.activeElement)) button.scrollIntoView({ block: 'nearest' });
    }
    if (!list.querySelector('button[tabindex="0"]') && buttons().length) buttons()[0].tabIndex = 0;
  }

  function draw() {
    const now = lines(modeler).map(({ element, depth }) => ({ id: element.id, depth, words: said(element), what: wordsOf(element), flow: Boolean(element.waypoints) }));
    const key = JSON.stringify(now);
    if (key === drawn) return;
    drawn = key;
    const focused = list.contains(document.activeElement) ? document.activeElement.parentNode.dataset.id : '';
    rows = now.map((row) => node(
      'li',
      { 'data-id': row.id, class: `outline-${Math.min(row.depth, 6)}${row.flow ? ' outline-flow' : ''}` },
      node('button', { type: 'button', tabindex: -1, title: row.what }, row.words, node('span', { class: 'sr' }, ` ${row.what}`)),
    ));
    list.replaceChildren(...rows);
    sieve();
    mark();
    const again = focused && list.querySelector(`[data-id="${CSS.escape(focused)}"] button`);
    if (again) stop(again, true);
  }

  list.addEventListener('focusin', (event) => {
    const id = event.target.closest('li')?.dataset.id;
    const now = modeler.get('selection').get();
    if (id && !(now.length === 1 && now[0].id === id)) studio.select(id);
  });
  list.addEventListener('click', (event) => {
    const id = event.target.closest('li')?.dataset.id;
    if (id) studio.select(id);
  });
  list.addEventListener('keydown', (event) => {
    const all = buttons();
    const at = all.indexOf(event.target.closest('button'));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined && all[to]) {
      event.preventDefault();
      stop(all[to], true);
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      studio.focusPanel();
    } else if (event.key === 'Delete') {
      event.preventDefault();
      studio.remove();
      if (all[at + 1] || all[at - 1]) stop(all[at + 1] || all[at - 1], false);
    }
  });
  filter.addEventListener('input', sieve);
  const bus = modeler.get('eventBus');
  bus.on(['commandStack.changed', 'import.done'], () => studio.soon('outline', draw, 250));
  bus.on('selection.changed', () => studio.soon('mark', mark));
  return { draw };
}
