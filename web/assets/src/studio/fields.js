/* Which fields an element has: what the engine reads of it, nothing else. A field says its value
 * and how it is written; lists come from the server (`studio.options`). */
import { is, isAny } from 'bpmn-js/lib/util/ModelUtil';
import { change, operation, property, rootThing, setExpression, setOperation, setOperationValue, setParameter, setProperty, setText, text, thingOf, together } from './extensions.js';
import { repeated } from './fields_repeated.js';
import { inLanguage, say } from './words.js';

const NONE = () => ({ value: '', label: say('（没有）') });

export const listed = (options) => (options || []).map((one) => ({ value: one.value, label: `${inLanguage(one)}${inLanguage(one) === one.value ? '' : ` · ${one.value}`}`, budget: one.budget }));

const trigger = (thing, type) => (thing.get('eventDefinitions') || []).find((one) => one.$type === `bpmn:${type}EventDefinition`);

/* Short ways to write a field of the element that is shown. */
function writer(element, studio, thing) {
  const { modeler } = studio;
  const mine = (name, kind, label, more = {}) => ({ id: name, kind, label, value: property(thing, name), set: (value) => setProperty(modeler, element, name, value.trim(), thing), ...more });
  return {
    mine,
    english: (name, label) => mine(name, 'text', label, { lang: 'en', most: 200 }),
    listed: (name, label, options, more = {}) => mine(name, 'select', label, { options: [NONE(), ...listed(options)], ...more }),
    attribute: (name, kind, label, more = {}) => ({
      id: `attr-${name}`,
      kind,
      label,
      value: thing.get(name) ?? '',
      set: (value) => change(modeler, element, thing, { [name]: value === '' ? undefined : value }),
      ...more,
    }),
  };
}

function names(element, studio, thing) {
  const { modeler } = studio;
  const { english } = writer(element, studio, thing);
  const fields = [];
  if (is(element, 'bpmn:TextAnnotation')) {
    fields.push({ id: 'text', kind: 'area', label: say('中文'), lang: 'zh-CN', value: thing.text || '', set: (value) => modeler.get('modeling').updateProperties(element, { text: value }) });
  } else if (is(element, 'bpmn:Group')) {
    fields.push({ id: 'name', kind: 'text', label: say('中文名'), lang: 'zh-CN', value: thing.categoryValueRef?.value || '', set: (value) => modeler.get('modeling').updateLabel(element, value) });
  } else if (!isAny(element, ['bpmn:Association', 'bpmn:Collaboration'])) {
    const set = (value) => {
      if (is(thing, 'bpmn:Process') && thing !== thingOf(element)) change(modeler, element, thing, { name: value || undefined });
      else modeler.get('modeling').updateProperties(element, { name: value || undefined });
    };
    fields.push({ id: 'name', kind: 'text', label: say('中文名'), lang: 'zh-CN', most: 200, value: thing.name || '', set });
  }
  if (fields.length) fields.push(english('name_en', say('英文名')));
  return fields;
}

function identity(element, studio, thing) {
  const { modeler } = studio;
  const known = modeler.get('moddle').ids;
  const process = is(thing, 'bpmn:Process');
  const set = (value) => {
    const wanted = value.trim();
    if (/^[A-Za-z_][\w.-]{0,62}$/.test(wanted) && !known.assigned(wanted)) modeler.get('modeling').updateProperties(element, { id: wanted });
    studio.soon('panel', studio.panel.draw);
  };
  return {
    id: 'id',
    kind: 'text',
    label: say('标识'),
    hint: process ? say('流程的标识就是草稿的标识，改不了') : say('小写字母、数字和 _；改了它，批注和对比就认不出原来的图元'),
    mono: true,
    most: 63,
    off: process || thing !== thingOf(element),
    value: thing.id,
    set,
  };
}

function task(element, studio, thing) {
  const { options } = studio;
  const { mine, english, listed: pick } = writer(element, studio, thing);
  const { modeler } = studio;
  const limit = mine('limit', 'limit', say('时限'), { options: listed(options.limits), none: say('（没有）'), due: studio.due });
  const fields = [
    ...(is(element, 'bpmn:UserTask') ? [pick('form', say('表单'), options.forms)] : []),
    {
      id: 'roles',
      kind: 'checks',
      label: say('谁来做'),
      options: listed(options.roles),
      value: property(thing, 'roles').split(/[\s,]+/).filter(Boolean),
      set: (value) => setProperty(modeler, element, 'roles', value.join(', '), thing),
    },
    pick('unit', say('哪个单位'), options.units),
    limit,
    pick('clock', say('谁的时钟'), options.clocks),
    ...(is(element, 'bpmn:UserTask') && !limit.value ? [mine('no_limit', 'text', say('为什么不限时')), english('no_limit_en', say('为什么不限时（英文）'))] : []),
  ];
  return { id: 'work', title: say('办理'), open: true, fields };
}

function citizens(element, studio, thing) {
  const { mine, english } = writer(element, studio, thing);
  return { id: 'public', title: say('市民看到的'), fields: [mine('public_name', 'text', say('市民看到的名称'), { lang: 'zh-CN' }), english('public_name_en', say('市民看到的名称（英文）'))] };
}

/* A timer holds a limit's name or an expression as a date, a budget as a duration. */
function timer(element, studio, thing, definition) {
  const { modeler } = studio;
  const { listed: pick } = writer(element, studio, thing);
  const value = (definition.timeDate || definition.timeDuration || definition.timeCycle)?.body || '';
  const set = (next) => together(modeler, () => {
    const place = /^([1-9]|P)/.test(next) ? 'timeDuration' : 'timeDate';
    for (const other of ['timeDate', 'timeDuration', 'timeCycle']) {
      if (other !== place) setExpression(modeler, element, definition, other, '');
    }
    setExpression(modeler, element, definition, place, next);
    if (property(thing, 'limit') && studio.options.limits.some((one) => one.value === next)) setProperty(modeler, element, 'limit', next, thing);
  });
  return {
    id: 'timer',
    title: say('时限'),
    open: true,
    fields: [
      { id: 'timer', kind: 'limit', label: say('到什么时候'), value: value.trim(), options: listed(studio.options.limits), due: studio.due, set },
      pick('clock', say('谁的时钟'), studio.options.clocks),
      pick('limit', say('记在哪个时限名下'), studio.options.limits),
    ],
  };
}

const REFERENCES = {
  Message: { ref: 'messageRef', list: 'messages', label: () => say('消息') },
  Error: { ref: 'errorRef', list: null, label: () => say('错误代码') },
  Escalation: { ref: 'escalationRef', list: null, label: () => say('上报代码') },
};

function reference(element, studio, holder, type) {
  const { modeler } = studio;
  const { ref, list, label } = REFERENCES[type];
  const value = holder.get(ref)?.name || '';
  const there = modeler.getDefinitions().get('rootElements').filter((one) => one.$type === `bpmn:${type}`);
  const known = [...new Map([...(list ? studio.options[list] : []), ...there.filter((one) => one.name).map((one) => ({ value: one.name, zh: one.name, en: one.name }))].map((one) => [one.value, one])).values()];
  const set = (name) => together(modeler, () => {
    change(modeler, element, holder, { [ref]: name ? rootThing(modeler, element, `bpmn:${type}`, name) : undefined });
  });
  const fields = [];
  if (known.length) fields.push({ id: 'reference', kind: 'select', label: label(), options: [NONE(), ...listed(known)], value, set });
  fields.push({ id: 'reference-new', kind: 'text', label: known.length ? say('或者另起一个名字') : label(), mono: true, most: 63, value: known.length ? '' : value, set: (name) => name.trim() && set(name.trim()) });
  return { id: 'reference', title: label(), open: true, fields };
}

function service(element, studio, thing) {
  const { modeler, options } = studio;
  const now = operation(thing);
  const known = options.services.find((one) => one.value === now.id);
  const parameters = [...new Set([...(known?.parameters || []).map((one) => one.value), ...Object.keys(now.parameters)])];
  const named = (name) => known?.parameters.find((one) => one.value === name);
  return {
    id: 'service',
    title: say('服务'),
    open: true,
    fields: [
      { id: 'operation', kind: 'select', label: say('做什么'), options: [NONE(), ...listed(options.services)], value: now.id, set: (id) => setOperation(modeler, element, id, (options.services.find((one) => one.value === id)?.parameters || []).map((one) => one.value)) },
      ...parameters.map((name) => ({ id: `parameter-${name}`, kind: 'text', label: `${named(name) ? inLanguage(named(name)) : name}${say('（式子）')}`, mono: true, value: now.parameters[name] || '', set: (value) => setParameter(modeler, element, name, value.trim()) })),
      ...(now.id ? [{ id: 'result', kind: 'text', label: say('结果放进哪个变量'), mono: true, most: 63, value: now.resultVariable, set: (value) => setOperationValue(modeler, element, { resultVariable: value.trim() || undefined }) }] : []),
    ],
  };
}

function flow(element, studio, thing) {
  const { modeler } = studio;
  const from = thing.sourceRef;
  const fields = [];
  if (from && isAny(from, ['bpmn:ExclusiveGateway', 'bpmn:InclusiveGateway'])) {
    const standard = from.default === thing;
    fields.push({ id: 'default', kind: 'check', label: say('默认走这条（其他都不符合时）'), value: standard, set: (on) => modeler.get('modeling').updateProperties(element.source, { default: on ? thing : undefined }) });
    if (!standard) fields.push({ id: 'condition', kind: 'area', rows: 2, mono: true, label: say('什么时候走这条'), hint: say('例如 opinion == "refuse" 或 case.returned'), value: thing.conditionExpression?.body || '', set: (value) => setCondition(modeler, element, thing, value.trim()) });
  }
  return fields.length ? { id: 'flow', title: say('走向'), open: true, fields } : null;
}

function setCondition(modeler, element, thing, body) {
  const there = thing.conditionExpression;
  if ((there?.body || '') === body) return;
  if (there && body) change(modeler, element, there, { body });
  else {
    const made = body ? modeler.get('bpmnFactory').create('bpmn:FormalExpression', { body }) : undefined;
    if (made) made.$parent = thing;
    modeler.get('modeling').updateProperties(element, { conditionExpression: made });
  }
}

function standard(element, studio, thing) {
  const { modeler } = studio;
  const options = (thing.outgoing || []).map((one) => ({ value: one.id, label: `${one.name || ''} → ${one.targetRef?.name || one.targetRef?.id || ''}`.trim() }));
  if (options.length < 2) return null;
  const set = (id) => modeler.get('modeling').updateProperties(element, { default: thing.outgoing.find((one) => one.id === id) });
  return { id: 'default', title: say('走向'), open: true, fields: [{ id: 'default-flow', kind: 'select', label: say('都不符合时走哪条'), options: [NONE(), ...options], value: thing.default?.id || '', set }] };
}

function process(element, studio, thing) {
  const { mine } = writer(element, studio, thing);
  return {
    id: 'process',
    title: say('流程'),
    fields: [
      mine('given', 'text', say('启动时给的变量'), { mono: true, hint: say('用逗号隔开') }),
      mine('renewed', 'text', say('每一轮都重新承诺的市民时限'), { mono: true, hint: say('用逗号隔开') }),
      mine('sealed', 'select', say('封存（保密）流程'), { options: [NONE(), { value: 'yes', label: say('是') }, { value: 'no', label: say('不是') }] }),
    ],
  };
}

function particular(element, studio, thing) {
  const { modeler, options } = studio;
  const { attribute, listed: pick } = writer(element, studio, thing);
  const groups = [];
  if (isAny(element, ['bpmn:UserTask', 'bpmn:ManualTask'])) groups.push(task(element, studio, thing));
  if (is(element, 'bpmn:BusinessRuleTask')) groups.push({ id: 'decision', title: say('决策'), open: true, fields: [{ id: 'decision', kind: 'select', label: say('决策表'), options: [NONE(), ...listed(options.decisions)], value: text(thing, 'CalledDecisionId'), set: (value) => setText(modeler, element, 'CalledDecisionId', value) }] });
  if (is(element, 'bpmn:ServiceTask')) groups.push(service(element, studio, thing));
  if (is(element, 'bpmn:ScriptTask')) groups.push({ id: 'script', title: say('脚本'), open: true, fields: [attribute('script', 'area', say('脚本'), { rows: 5, mono: true, hint: say('只能给变量赋值') })] });
  if (is(element, 'bpmn:CallActivity')) groups.push({ id: 'called', title: say('调用的流程'), open: true, fields: [attribute('calledElement', 'select', say('哪个流程'), { options: [NONE(), ...listed(options.processes)] })] });
  if (isAny(element, ['bpmn:SendTask', 'bpmn:ReceiveTask'])) groups.push(reference(element, studio, thing, 'Message'));
  if (is(element, 'bpmn:SubProcess')) groups.push({ id: 'stage', title: say('环节'), open: true, fields: [pick('stage', say('是哪个环节'), options.stages)] });
  if (is(element, 'bpmn:EndEvent')) groups.push({ id: 'outcome', title: say('结果'), open: true, fields: [pick('outcome', say('办到这里的结果'), options.outcomes)] });
  if (is(element, 'bpmn:Event')) {
    const due = trigger(thing, 'Timer');
    if (due) groups.push(timer(element, studio, thing, due));
    for (const type of Object.keys(REFERENCES)) {
      const found = trigger(thing, type);
      if (found) groups.push(reference(element, studio, found, type));
    }
  }
  if (is(element, 'bpmn:BoundaryEvent') && !trigger(thing, 'Error')) groups.push({ id: 'border', title: say('在边上'), open: true, fields: [attribute('cancelActivity', 'check', say('打断正在做的'), { value: thing.cancelActivity !== false, set: (on) => modeler.get('modeling').updateProperties(element, { cancelActivity: on }) })] });
  if (is(element, 'bpmn:SequenceFlow')) groups.push(flow(element, studio, thing));
  if (isAny(element, ['bpmn:ExclusiveGateway', 'bpmn:InclusiveGateway'])) groups.push(standard(element, studio, thing));
  if (is(thing, 'bpmn:Process')) groups.push(process(element, studio, thing));
  if (is(element, 'bpmn:Activity')) groups.push(repeated(element, studio, thing));
  if (isAny(element, ['bpmn:Activity', 'bpmn:IntermediateCatchEvent'])) groups.push(citizens(element, studio, thing));
  if (is(element, 'bpmn:UserTask')) groups.push({ id: 'instructions', title: say('办理说明'), fields: [{ id: 'instructions', kind: 'area', label: say('办理说明'), value: text(thing, 'InstructionsForEndUser'), set: (value) => setText(modeler, element, 'InstructionsForEndUser', value) }] });
  return groups.filter(Boolean);
}

function documentation(element, studio, thing) {
  const { modeler } = studio;
  const first = thing.get('documentation')?.[0];
  const set = (value) => together(modeler, () => {
    if (first && value) change(modeler, element, first, { text: value });
    else if (first) change(modeler, element, thing, { documentation: thing.documentation.slice(1) });
    else if (value) {
      const made = modeler.get('bpmnFactory').create('bpmn:Documentation', { text: value });
      made.$parent = thing;
      change(modeler, element, thing, { documentation: [made] });
    }
  });
  return { id: 'more', title: say('其他'), fields: [identity(element, studio, thing), { id: 'documentation', kind: 'area', label: say('给设计员看的说明'), value: first?.text || '', set }] };
}

/* [{id, title, open, fields}], the first without a title: the names. */
export function groupsOf(element, studio) {
  const own = thingOf(element);
  // A collaboration has nothing of its own to say, and a pool speaks of its process.
  const thing = own;
  const groups = [{ id: 'names', fields: names(element, studio, thing) }, ...particular(element, studio, thing)];
  if (is(element, 'bpmn:Participant') && own.processRef) {
    const of = own.processRef;
    const words = names(element, studio, of).map((one) => ({ ...one, id: `process-${one.id}`, label: one.id === 'name' ? say('流程的中文名') : say('流程的英文名') }));
    const told = process(element, studio, of);
    groups.push({ ...told, open: true, fields: [...words, ...told.fields] });
  }
  return [...groups, documentation(element, studio, thing)];
}
