/* The fields of a task that is done once for each of a list. */
import { change, setExpression, thingOf, together } from './extensions.js';
import { say } from './words.js';

/* What a loop names must be there in the file, or it is lost on saving: the variable of the list
 * is kept as a property of the process around it. */
function listOf(modeler, element, name) {
  let around = thingOf(element).$parent;
  while (around && around.$type !== 'bpmn:Process') around = around.$parent;
  const there = (around.get('properties') || []).find((one) => one.id === name || one.name === name);
  if (there) return there;
  const made = modeler.get('bpmnFactory').create('bpmn:Property', { id: name, name });
  made.$parent = around;
  change(modeler, element, around, { properties: [...(around.get('properties') || []), made] });
  return made;
}

function variable(studio, element, loop, place, label) {
  const { modeler } = studio;
  const list = place.startsWith('loop');
  const now = loop.get(place);
  const set = (value) => {
    const name = value.trim();
    if (name && !/^[A-Za-z_]\w{0,62}$/.test(name)) return;
    together(modeler, () => {
      if (!name) change(modeler, element, loop, { [place]: undefined });
      else if (list) change(modeler, element, loop, { [place]: listOf(modeler, element, name) });
      else if (now) change(modeler, element, now, { id: name, name });
      else {
        const made = modeler.get('bpmnFactory').create(place === 'inputDataItem' ? 'bpmn:DataInput' : 'bpmn:DataOutput', { id: name, name });
        made.$parent = loop;
        change(modeler, element, loop, { [place]: made });
      }
    });
  };
  return { id: place, kind: 'text', label, mono: true, most: 63, value: now?.name || now?.id || '', set };
}

export function repeated(element, studio, thing) {
  const { modeler } = studio;
  const loop = thing.get('loopCharacteristics');
  const many = loop?.$type === 'bpmn:MultiInstanceLoopCharacteristics';
  const set = (on) => {
    const made = on ? modeler.get('bpmnFactory').create('bpmn:MultiInstanceLoopCharacteristics', { isSequential: false }) : undefined;
    if (made) made.$parent = thing;
    modeler.get('modeling').updateProperties(element, { loopCharacteristics: made });
  };
  const fields = [{ id: 'repeated', kind: 'check', label: say('名单上每一个都办一次'), value: many, set }];
  if (many) {
    fields.push(
      { id: 'sequential', kind: 'check', label: say('一个办完再办下一个'), value: Boolean(loop.isSequential), set: (on) => change(modeler, element, loop, { isSequential: on }) },
      variable(studio, element, loop, 'loopDataInputRef', say('名单在哪个变量里')),
      variable(studio, element, loop, 'inputDataItem', say('其中一个叫什么')),
      variable(studio, element, loop, 'loopDataOutputRef', say('各自的结果收进哪个变量')),
      variable(studio, element, loop, 'outputDataItem', say('其中一个结果叫什么')),
      { id: 'completion', kind: 'text', label: say('什么时候可以提前结束（式子）'), mono: true, value: loop.completionCondition?.body || '', set: (value) => setExpression(modeler, element, loop, 'completionCondition', value.trim()) },
    );
  }
  return { id: 'repeated', title: say('办几次'), open: many, fields };
}
