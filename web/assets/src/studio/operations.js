/* Quick fixes as the server proposes them, done through the command stack so that each is one step
 * that can be undone. */
import { change, property, setExpression, setProperty, setText, thingOf, together } from './extensions.js';
import { makeRoom } from './room.js';

const MARGIN = 60;

function setAttribute(modeler, element, name, value) {
  change(modeler, element, thingOf(element), { [name]: value === '' ? undefined : value });
}

/* An extension of another tool is taken away: an attribute, or an element by its name. */
function removeForeign(modeler, element, name) {
  const thing = thingOf(element);
  if (thing.$attrs && name in thing.$attrs) {
    modeler.get('modeling').updateProperties(element, { [name]: undefined });
    return;
  }
  const all = thing.get('extensionElements');
  const rest = all ? all.get('values').filter((one) => one.$type !== name) : [];
  if (!all || rest.length === all.get('values').length) return;
  if (rest.length) change(modeler, element, all, { values: rest });
  else change(modeler, element, thing, { extensionElements: undefined });
}

function bounds(elements) {
  const x = Math.min(...elements.map((one) => one.x));
  const y = Math.min(...elements.map((one) => one.y));
  return { x, y, width: Math.max(...elements.map((one) => one.x + one.width)) - x, height: Math.max(...elements.map((one) => one.y + one.height)) - y };
}

/* What was between one way in and one way out goes into a sub-process of its own, with a start and
 * an end; the flows in and out are joined to it. */
function wrap(modeler, ids, name, nameEn) {
  const registry = modeler.get('elementRegistry');
  const modeling = modeler.get('modeling');
  const inside = new Set(ids.map((id) => registry.get(id)).filter(Boolean));
  for (const one of [...inside]) (one.attachers || []).forEach((border) => inside.add(border));
  const shapes = [...inside].filter((one) => !one.waypoints);
  if (!shapes.length) return;
  const parent = shapes[0].parent;
  const flows = [...new Set(shapes.flatMap((one) => [...one.incoming, ...one.outgoing]))];
  const entering = flows.filter((flow) => !inside.has(flow.source));
  const leaving = flows.filter((flow) => !inside.has(flow.target));
  const factory = modeler.get('elementFactory');
  // Room on every side: what lies beyond moves away, first before the elements, then behind them.
  for (const [axis, size, room] of [['x', 'width', 2 * MARGIN], ['y', 'height', MARGIN]]) {
    makeRoom(modeler, shapes[0], axis, room, bounds(shapes)[axis] - 1);
    makeRoom(modeler, shapes[0], axis, room, bounds(shapes)[axis] + bounds(shapes)[size] + 1);
  }
  const box = bounds(shapes);
  const around = { x: box.x - 2 * MARGIN, y: box.y - MARGIN, width: box.width + 4 * MARGIN, height: box.height + 2 * MARGIN };
  const frame = factory.createShape({ type: 'bpmn:SubProcess', isExpanded: true, width: around.width, height: around.height });
  modeling.createShape(frame, { x: around.x + around.width / 2, y: around.y + around.height / 2 }, parent);
  modeling.updateProperties(frame, { name });
  if (nameEn) setProperty(modeler, frame, 'name_en', nameEn);
  const first = entering.map((flow) => flow.target);
  const last = leaving.map((flow) => flow.source);
  entering.forEach((flow, at) => (at ? modeling.removeElements([flow]) : modeling.reconnectEnd(flow, frame, { x: around.x, y: around.y + around.height / 2 })));
  leaving.forEach((flow, at) => (at ? modeling.removeElements([flow]) : modeling.reconnectStart(flow, frame, { x: around.x + around.width, y: around.y + around.height / 2 })));
  modeling.moveElements(shapes, { x: 0, y: 0 }, frame);
  const start = modeling.createShape(factory.createShape({ type: 'bpmn:StartEvent' }), { x: around.x + 45, y: box.y + box.height / 2 }, frame);
  const end = modeling.createShape(factory.createShape({ type: 'bpmn:EndEvent' }), { x: around.x + around.width - 45, y: box.y + box.height / 2 }, frame);
  for (const flow of [entering[0], leaving[0]].filter(Boolean)) modeling.layoutConnection(flow);
  for (const target of new Set(first)) modeling.connect(start, target, { type: 'bpmn:SequenceFlow' });
  for (const source of new Set(last)) modeling.connect(source, end, { type: 'bpmn:SequenceFlow' });
}

function done(modeler, step) {
  const registry = modeler.get('elementRegistry');
  const root = modeler.get('canvas').getRootElement();
  const named = registry.get(step.element) || (root.businessObject.id === step.element && root) || ofProcess(registry, step.element);
  const thing = named && (named.businessObject.processRef?.id === step.element ? named.businessObject.processRef : thingOf(named));
  switch (step.do) {
    case 'property':
      if (named && property(thing, step.name) !== step.value) setProperty(modeler, named, step.name, step.value, thing);
      break;
    case 'attribute':
      if (named) setAttribute(modeler, named, step.name, step.value);
      break;
    case 'default': {
      const flow = registry.get(step.flow);
      if (named && flow) modeler.get('modeling').updateProperties(named, { default: flow.businessObject });
      break;
    }
    case 'condition':
      if (named) setExpression(modeler, named, thing, 'conditionExpression', step.value);
      break;
    case 'decision':
      if (named) setText(modeler, named, 'CalledDecisionId', step.value);
      break;
    case 'wrap':
      wrap(modeler, step.elements, step.name, step.name_en);
      break;
    case 'remove-foreign':
      if (named) removeForeign(modeler, named, step.name);
      break;
    default:
      throw new Error(`an operation nobody knows: ${step.do}`);
  }
}

const ofProcess = (registry, id) => registry.find((one) => one.businessObject?.processRef?.id === id);

/* All operations of one fix as one step. */
export function perform(modeler, operations) {
  together(modeler, () => operations.forEach((step) => done(modeler, step)));
}
