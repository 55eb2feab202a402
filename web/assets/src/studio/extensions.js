/* What our runtime reads of an element beyond BPMN, read and written through the command stack so
 * that everything can be undone. A value that is there is changed in its place, so that a file
 * keeps its order; an empty value takes the entry away. */
const NS = 'spiffworkflow:';

class Together {
  preExecute(context) {
    context.given = context.act();
  }
}

/* Several commands as one: undone and done again in one step. */
export function together(modeler, act) {
  const stack = modeler.get('commandStack');
  if (!stack._handlerMap?.['studio.together']) stack.registerHandler('studio.together', Together);
  const context = { act };
  stack.execute('studio.together', context);
  return context.given;
}

/* The thing of the file an element stands for. */
export const thingOf = (element) => element.businessObject;

function made(modeler, type, parent, values) {
  const thing = modeler.get('bpmnFactory').create(type, values);
  thing.$parent = parent;
  return thing;
}

export function change(modeler, element, thing, values) {
  modeler.get('modeling').updateModdleProperties(element, thing, values);
}

function extension(thing, type) {
  return (thing.get('extensionElements')?.get('values') || []).find((one) => one.$type === NS + type);
}

function addExtension(modeler, element, thing, type, values) {
  let all = thing.get('extensionElements');
  if (!all) {
    all = made(modeler, 'bpmn:ExtensionElements', thing, { values: [] });
    change(modeler, element, thing, { extensionElements: all });
  }
  const one = made(modeler, NS + type, all, values);
  change(modeler, element, all, { values: [...all.get('values'), one] });
  return one;
}

function dropExtension(modeler, element, thing, one) {
  const all = thing.get('extensionElements');
  const values = all.get('values').filter((other) => other !== one);
  if (values.length) change(modeler, element, all, { values });
  else change(modeler, element, thing, { extensionElements: undefined });
}

export function property(thing, name) {
  const found = (extension(thing, 'Properties')?.get('properties') || []).find((one) => one.name === name);
  return found?.value || '';
}

export function setProperty(modeler, element, name, value, thing = thingOf(element)) {
  if (property(thing, name) === value) return;
  together(modeler, () => {
    const list = extension(thing, 'Properties');
    const all = list?.get('properties') || [];
    const there = all.find((one) => one.name === name);
    if (there && value) change(modeler, element, there, { value });
    else if (there && all.length === 1) dropExtension(modeler, element, thing, list);
    else if (there) change(modeler, element, list, { properties: all.filter((one) => one !== there) });
    else if (value) {
      const holder = list || addExtension(modeler, element, thing, 'Properties', { properties: [] });
      const one = made(modeler, `${NS}Property`, holder, { name, value });
      change(modeler, element, holder, { properties: [...holder.get('properties'), one] });
    }
  });
}

/* An extension that is only a text: the decision called, instructions. */
export const text = (thing, type) => extension(thing, type)?.value || '';

export function setText(modeler, element, type, value, thing = thingOf(element)) {
  if (text(thing, type) === value) return;
  together(modeler, () => {
    const there = extension(thing, type);
    if (there && value) change(modeler, element, there, { value });
    else if (there) dropExtension(modeler, element, thing, there);
    else if (value) addExtension(modeler, element, thing, type, { value });
  });
}

/* The operation of a service task: {id, resultVariable, parameters: {name: expression}}. */
export function operation(thing) {
  const there = extension(thing, 'ServiceTaskOperator');
  const given = there?.parameterList?.get('parameters') || [];
  return {
    id: there?.id || '',
    resultVariable: there?.resultVariable || '',
    parameters: Object.fromEntries(given.map((one) => [one.id, one.value || ''])),
  };
}

export function setOperation(modeler, element, id, names) {
  const thing = thingOf(element);
  together(modeler, () => {
    const there = extension(thing, 'ServiceTaskOperator');
    if (!id) {
      if (there) dropExtension(modeler, element, thing, there);
      return;
    }
    const before = operation(thing).parameters;
    const operator = there || addExtension(modeler, element, thing, 'ServiceTaskOperator', { resultVariable: 'asked' });
    const list = made(modeler, `${NS}Parameters`, operator, { parameters: [] });
    list.parameters = names.map((name) => made(modeler, `${NS}Parameter`, list, { id: name, type: 'any', value: before[name] || '' }));
    change(modeler, element, operator, { id, parameterList: list });
  });
}

export function setOperationValue(modeler, element, values) {
  change(modeler, element, extension(thingOf(element), 'ServiceTaskOperator'), values);
}

export function setParameter(modeler, element, name, value) {
  const operator = extension(thingOf(element), 'ServiceTaskOperator');
  together(modeler, () => {
    let list = operator.get('parameterList');
    if (!list) {
      list = made(modeler, `${NS}Parameters`, operator, { parameters: [] });
      change(modeler, element, operator, { parameterList: list });
    }
    const there = list.get('parameters').find((one) => one.id === name);
    if (there) change(modeler, element, there, { value });
    else {
      const one = made(modeler, `${NS}Parameter`, list, { id: name, type: 'any', value });
      change(modeler, element, list, { parameters: [...list.get('parameters'), one] });
    }
  });
}

/* An expression in one of a thing's own places: condition, timer, completion. */
export function setExpression(modeler, element, thing, place, body) {
  const there = thing.get(place);
  if ((there?.body || '') === body) return;
  if (there && body) change(modeler, element, there, { body });
  else change(modeler, element, thing, { [place]: body ? made(modeler, 'bpmn:FormalExpression', thing, { body }) : undefined });
}

/* A message, an error or an escalation of the diagram, found by its name or made. */
export function rootThing(modeler, element, type, name) {
  const definitions = modeler.getDefinitions();
  const there = definitions.get('rootElements').find((one) => one.$type === type && one.name === name);
  if (there) return there;
  const ids = modeler.get('moddle').ids;
  const wanted = `${type.slice(5).toLowerCase()}_${name.replace(/\W+/g, '_')}`;
  const id = ids.assigned(wanted) ? ids.nextPrefixed(`${wanted}_`) : wanted;
  const one = made(modeler, type, definitions, { id, name });
  if (type === 'bpmn:Error') one.errorCode = name;
  if (type === 'bpmn:Escalation') one.escalationCode = name;
  change(modeler, element, definitions, { rootElements: [...definitions.get('rootElements'), one] });
  return one;
}
