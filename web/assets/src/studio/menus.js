/* The drawing library's menus and context pad, cut down to what the engine runs. */
import { KINDS } from './kinds.js';

const LOW = 100; // after everybody else has named entries
const REFUSED = [
  'signal', 'compensation', 'conditional', 'cancel', 'link', 'complex', 'transaction', 'ad-hoc', 'event-subprocess', 'event-sub-process',
  'data-store', 'message-start', 'timer-start', 'error-start', 'escalation-start', 'message-end', 'none-intermediate-throw', 'none-boundary', 'collapsed-pool',
];
const ALSO = ['conditional-flow', 'sequence-flow', 'default-flow'];
const REFUSED_HEADER = ['toggle-loop', 'toggle-adhoc', 'toggle-participant-multiplicity'];
const TITLES = {
  'align-elements': 'Align elements',
  'bpmn-append': 'Append element',
  'bpmn-create': 'Create element',
  'bpmn-replace': 'Change element',
  'color-picker': 'Set color',
};
const PLAIN_TASK = /^(replace-with|create|append)-task$/;

function allowed(id) {
  if (ALSO.some((one) => id.endsWith(one))) return true;
  return !PLAIN_TASK.test(id) && !REFUSED.some((one) => id.includes(one));
}

const only = (entries, keep) => Object.fromEntries(Object.entries(entries).filter(([id]) => keep(id)));

export default class Menus {
  constructor(popupMenu, contextPad, elementFactory, autoPlace, create, translate) {
    const cut = {
      getPopupMenuEntries: () => (entries) => only(entries, allowed),
      getPopupMenuHeaderEntries: () => (entries) => only(entries, (id) => !REFUSED_HEADER.includes(id)),
    };
    // A menu without a title would be announced in English.
    const open = popupMenu.open.bind(popupMenu);
    popupMenu.open = (target, menu, position, options) => open(target, menu, position, { title: translate(TITLES[menu] || 'Change element'), ...options });
    for (const menu of ['bpmn-replace', 'bpmn-create', 'bpmn-append']) popupMenu.registerProvider(menu, LOW, cut);
    const append = (key, title) => {
      const { shape, icon } = KINDS.find((one) => one.key === key);
      const made = () => elementFactory.createShape({ ...shape });
      return {
        group: 'model',
        className: icon,
        title: translate(title),
        action: {
          click: (_event, element) => autoPlace.append(element, made()),
          dragstart: (event, element) => create.start(event, made(), { source: element }),
        },
      };
    };
    contextPad.registerProvider(LOW, {
      getContextPadEntries: () => (entries) => {
        const kept = only(entries, (id) => allowed(id) && !['append.condition-intermediate-event', 'append.compensation-activity'].includes(id));
        if (kept['append.append-task']) kept['append.append-task'] = append('user-task', 'Append user task');
        if (kept['append.intermediate-event']) kept['append.intermediate-event'] = append('timer', 'Append timer intermediate catch event');
        return kept;
      },
    });
  }
}
Menus.$inject = ['popupMenu', 'contextPad', 'elementFactory', 'autoPlace', 'create', 'translate'];
