/* Drawing without a mouse: every change of the drawing as one step on the command stack, placed by
 * itself. Tools, panel and quick fixes use these. */
import { is } from 'bpmn-js/lib/util/ModelUtil';
import { together } from './extensions.js';
import { makeRoom } from './room.js';

const ROOM = 60; // between an inserted element and its neighbours

const middle = (box) => ({ x: Math.round(box.x + box.width / 2), y: Math.round(box.y + box.height / 2) });

function show(modeler, element) {
  const canvas = modeler.get('canvas');
  const root = canvas.findRoot(element);
  if (root && root !== canvas.getRootElement()) canvas.setRootElement(root);
  modeler.get('selection').select(element);
  canvas.scrollToElement(element);
  return element;
}

function shapeOf(modeler, kind) {
  const factory = modeler.get('elementFactory');
  if (kind.shape.type === 'bpmn:Participant') return factory.createParticipantShape();
  return factory.createShape({ ...kind.shape });
}

/* The longest part of a flow, where there is most room. */
function longest(waypoints) {
  let best = null;
  for (let at = 1; at < waypoints.length; at += 1) {
    const [from, to] = [waypoints[at - 1], waypoints[at]];
    const length = Math.abs(to.x - from.x) + Math.abs(to.y - from.y);
    if (!best || length > best.length) best = { from, to, length };
  }
  const axis = Math.abs(best.to.x - best.from.x) >= Math.abs(best.to.y - best.from.y) ? 'x' : 'y';
  return { ...best, axis, at: { x: Math.round((best.from.x + best.to.x) / 2), y: Math.round((best.from.y + best.to.y) / 2) } };
}

/* Where the shape goes on the flow, with room made for it if there is too little. */
function placeOn(modeler, flow, shape) {
  const part = longest(flow.waypoints);
  const wanted = (part.axis === 'x' ? shape.width : shape.height) + ROOM;
  if (part.length >= wanted) return part.at;
  makeRoom(modeler, flow, part.axis, Math.ceil((wanted - part.length) / 10) * 10, part.at[part.axis]);
  return longest(flow.waypoints).at;
}

export function insert(modeler, flow, kind) {
  return show(modeler, together(modeler, () => {
    const shape = shapeOf(modeler, kind);
    return modeler.get('modeling').createShape(shape, placeOn(modeler, flow, shape), flow);
  }));
}

/* Where one more event fits on a border: along the lower side. */
function onBorder(host) {
  const there = host.attachers.length;
  const x = host.x + Math.min(24 + there * 44, Math.max(host.width - 18, 24));
  return { x, y: host.y + host.height };
}

function inTheMiddle(modeler, kind) {
  const canvas = modeler.get('canvas');
  const view = canvas.viewbox();
  const at = { x: view.x + view.width / 2, y: view.y + view.height / 2 };
  return modeler.get('modeling').createShape(shapeOf(modeler, kind), middle({ ...at, width: 0, height: 0 }), canvas.getRootElement());
}

/* One more element: on a flow, on a border, behind an element, or in the middle of what is seen. */
export function add(modeler, after, kind) {
  if (after && is(after, 'bpmn:SequenceFlow') && kind.group !== 'note') return insert(modeler, after, kind);
  if (kind.group === 'border') {
    const host = after && after.host ? after.host : after;
    const made = modeler.get('modeling').createShape(shapeOf(modeler, kind), onBorder(host), host, { attach: true });
    return show(modeler, made);
  }
  const behind = after && after.type !== 'label' && (is(after, 'bpmn:FlowNode') || kind.key === 'annotation');
  if (!behind || is(after, 'bpmn:EndEvent') || kind.shape.type === 'bpmn:Participant') return show(modeler, inTheMiddle(modeler, kind));
  return show(modeler, modeler.get('autoPlace').append(after, shapeOf(modeler, kind)));
}

/* Whether a kind can be added after what is selected. */
export function canAdd(after, kind) {
  if (kind.group === 'border') return Boolean(after) && is(after, 'bpmn:Activity');
  if (after && is(after, 'bpmn:SequenceFlow')) return ['task', 'gateway', 'event'].includes(kind.group) && !['start', 'end'].includes(kind.key) && !kind.key.startsWith('end-');
  if (kind.key === 'start') return !after || !is(after, 'bpmn:FlowNode');
  return true;
}

export function connectable(modeler, source) {
  const rules = modeler.get('bpmnRules');
  const root = modeler.get('canvas').findRoot(source);
  const inside = modeler.get('elementRegistry').filter((one) => one !== source && one.type !== 'label' && !one.waypoints && modeler.get('canvas').findRoot(one) === root);
  return inside.filter((target) => {
    const allowed = rules.canConnect(source, target);
    return allowed && allowed.type === (is(source, 'bpmn:TextAnnotation') || is(target, 'bpmn:TextAnnotation') ? 'bpmn:Association' : 'bpmn:SequenceFlow');
  });
}

export function connect(modeler, source, target) {
  const attrs = modeler.get('bpmnRules').canConnect(source, target);
  return show(modeler, modeler.get('modeling').connect(source, target, attrs));
}

export function remove(modeler, elements) {
  modeler.get('modeling').removeElements([...elements]);
}

export function replace(modeler, element, kind) {
  return show(modeler, modeler.get('bpmnReplace').replaceElement(element, { ...kind.shape }));
}

export function select(modeler, id) {
  const element = modeler.get('elementRegistry').get(id);
  return element && element.parent ? show(modeler, element) : null;
}
