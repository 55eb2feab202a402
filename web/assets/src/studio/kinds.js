/* The kinds of elements the engine runs, with their words: what tools, menus and lists offer. */
import { is } from 'bpmn-js/lib/util/ModelUtil';
import { isExpanded } from 'bpmn-js/lib/util/DiUtil';
import { inLanguage } from './words.js';

const on = (type, trigger, more = {}) => ({ type, eventDefinitionType: trigger && `bpmn:${trigger}EventDefinition`, ...more });
const kind = (key, group, icon, zh, en, shape) => ({ key, group, icon: `bpmn-icon-${icon}`, zh, en, shape });

export const KINDS = [
  kind('user-task', 'task', 'user-task', '用户任务', 'User task', { type: 'bpmn:UserTask' }),
  kind('manual-task', 'task', 'manual-task', '线下任务', 'Manual task', { type: 'bpmn:ManualTask' }),
  kind('rule-task', 'task', 'business-rule-task', '决策任务', 'Business rule task', { type: 'bpmn:BusinessRuleTask' }),
  kind('service-task', 'task', 'service-task', '服务任务', 'Service task', { type: 'bpmn:ServiceTask' }),
  kind('script-task', 'task', 'script-task', '脚本任务', 'Script task', { type: 'bpmn:ScriptTask' }),
  kind('send-task', 'task', 'send-task', '发消息', 'Send task', { type: 'bpmn:SendTask' }),
  kind('receive-task', 'task', 'receive-task', '等消息', 'Receive task', { type: 'bpmn:ReceiveTask' }),
  kind('call-activity', 'task', 'call-activity', '调用别的流程', 'Call activity', { type: 'bpmn:CallActivity' }),
  kind('stage', 'task', 'subprocess-collapsed', '子流程（收起）', 'Sub-process (collapsed)', { type: 'bpmn:SubProcess', isExpanded: false }),
  kind('sub-process', 'task', 'subprocess-expanded', '子流程（展开）', 'Sub-process (expanded)', { type: 'bpmn:SubProcess', isExpanded: true }),
  kind('exclusive', 'gateway', 'gateway-xor', '排他网关：选一条', 'Exclusive gateway', { type: 'bpmn:ExclusiveGateway' }),
  kind('parallel', 'gateway', 'gateway-parallel', '并行网关：都走', 'Parallel gateway', { type: 'bpmn:ParallelGateway' }),
  kind('inclusive', 'gateway', 'gateway-or', '包容网关：走符合的', 'Inclusive gateway', { type: 'bpmn:InclusiveGateway' }),
  kind('event-based', 'gateway', 'gateway-eventbased', '事件网关：等先来的', 'Event-based gateway', { type: 'bpmn:EventBasedGateway' }),
  kind('start', 'event', 'start-event-none', '开始', 'Start event', { type: 'bpmn:StartEvent' }),
  kind('timer', 'event', 'intermediate-event-catch-timer', '等到时限', 'Timer', on('bpmn:IntermediateCatchEvent', 'Timer')),
  kind('message-catch', 'event', 'intermediate-event-catch-message', '等消息（事件）', 'Message received', on('bpmn:IntermediateCatchEvent', 'Message')),
  kind('message-throw', 'event', 'intermediate-event-throw-message', '发消息（事件）', 'Message sent', on('bpmn:IntermediateThrowEvent', 'Message')),
  kind('escalation-throw', 'event', 'intermediate-event-throw-escalation', '上报', 'Escalation raised', on('bpmn:IntermediateThrowEvent', 'Escalation')),
  kind('end', 'event', 'end-event-none', '结束', 'End event', { type: 'bpmn:EndEvent' }),
  kind('end-terminate', 'event', 'end-event-terminate', '全部终止', 'Terminate', on('bpmn:EndEvent', 'Terminate')),
  kind('end-error', 'event', 'end-event-error', '以错误结束', 'Error end', on('bpmn:EndEvent', 'Error')),
  kind('end-escalation', 'event', 'end-event-escalation', '以上报结束', 'Escalation end', on('bpmn:EndEvent', 'Escalation')),
  kind('border-timer', 'border', 'intermediate-event-catch-timer', '边上的时限（到期打断）', 'Timer on the border, interrupting', on('bpmn:BoundaryEvent', 'Timer')),
  kind('border-timer-beside', 'border', 'intermediate-event-catch-non-interrupting-timer', '边上的时限（到期另办）', 'Timer on the border, not interrupting', on('bpmn:BoundaryEvent', 'Timer', { cancelActivity: false })),
  kind('border-message', 'border', 'intermediate-event-catch-message', '边上的消息（打断）', 'Message on the border, interrupting', on('bpmn:BoundaryEvent', 'Message')),
  kind('border-message-beside', 'border', 'intermediate-event-catch-non-interrupting-message', '边上的消息（另办）', 'Message on the border, not interrupting', on('bpmn:BoundaryEvent', 'Message', { cancelActivity: false })),
  kind('border-error', 'border', 'intermediate-event-catch-error', '边上的错误', 'Error on the border', on('bpmn:BoundaryEvent', 'Error')),
  kind('border-escalation', 'border', 'intermediate-event-catch-escalation', '边上的上报（打断）', 'Escalation on the border, interrupting', on('bpmn:BoundaryEvent', 'Escalation')),
  kind('border-escalation-beside', 'border', 'intermediate-event-catch-non-interrupting-escalation', '边上的上报（另办）', 'Escalation on the border, not interrupting', on('bpmn:BoundaryEvent', 'Escalation', { cancelActivity: false })),
  kind('annotation', 'note', 'text-annotation', '文字注释', 'Text annotation', { type: 'bpmn:TextAnnotation' }),
  kind('group', 'note', 'group', '分组框', 'Group', { type: 'bpmn:Group' }),
  kind('data', 'note', 'data-object', '资料（只是画）', 'Data object (drawing only)', { type: 'bpmn:DataObjectReference' }),
  kind('pool', 'note', 'participant', '泳池', 'Pool', { type: 'bpmn:Participant' }),
];

const OTHERS = {
  'bpmn:SequenceFlow': { zh: '连线', en: 'Sequence flow' },
  'bpmn:Association': { zh: '注释的连线', en: 'Association' },
  'bpmn:MessageFlow': { zh: '消息流', en: 'Message flow' },
  'bpmn:DataInputAssociation': { zh: '资料的连线', en: 'Data association' },
  'bpmn:DataOutputAssociation': { zh: '资料的连线', en: 'Data association' },
  'bpmn:Process': { zh: '流程', en: 'Process' },
  'bpmn:Collaboration': { zh: '协作图', en: 'Collaboration' },
  'bpmn:Participant': { zh: '泳池', en: 'Pool' },
  'bpmn:Lane': { zh: '泳道', en: 'Lane' },
  'bpmn:Task': { zh: '没定类型的任务', en: 'Task without a kind' },
  'bpmn:DataStoreReference': { zh: '数据存储（只是画）', en: 'Data store (drawing only)' },
};
const BY_KEY = new Map(KINDS.map((one) => [one.key, one]));

export const kindOf = (key) => BY_KEY.get(key);

export function isKind(element, { shape }) {
  const thing = element.businessObject;
  if (thing.$type !== shape.type) return false;
  if ('isExpanded' in shape && isExpanded(element) !== shape.isExpanded) return false;
  if (!is(thing, 'bpmn:Event')) return true;
  const triggers = (thing.get('eventDefinitions') || []).map((one) => one.$type);
  const same = shape.eventDefinitionType ? triggers[0] === shape.eventDefinitionType : !triggers.length;
  const beside = shape.cancelActivity === false;
  return same && (shape.type !== 'bpmn:BoundaryEvent' || beside === (thing.cancelActivity === false));
}

/* What an element is, in words. Also of elements the engine does not run: those keep their name. */
export function wordsOf(element) {
  const known = KINDS.find((one) => isKind(element, one)) || OTHERS[element.businessObject.$type];
  return known ? inLanguage(known) : element.businessObject.$type.replace(/^\w+:/, '');
}

const ORDER = ['bpmn:Activity', 'bpmn:Gateway', 'bpmn:BoundaryEvent', 'bpmn:StartEvent', 'bpmn:EndEvent', 'bpmn:Event'];
const family = (type, of) => ORDER.find((one) => of(type, one));

/* What an element can be turned into: another of its family. */
export function alternatives(element, moddle) {
  const of = (type, parent) => moddle.hasType(moddle.getType(type).prototype, parent);
  const own = family(element.businessObject.$type, of);
  if (!own || element.businessObject.$type === 'bpmn:SubProcess') return [];
  return KINDS.filter((one) => !isKind(element, one) && one.shape.type !== 'bpmn:SubProcess' && family(one.shape.type, of) === own);
}
