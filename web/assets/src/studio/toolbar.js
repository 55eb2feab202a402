/* The tools beside the canvas as real buttons. With the mouse a tool is put where one clicks; with
 * the keyboard it goes behind what is selected. */
import { add, canAdd } from './building.js';
import { node } from './controls.js';
import { kindOf } from './kinds.js';
import { inLanguage, say } from './words.js';

const OFFERED = ['user-task', 'rule-task', 'service-task', 'stage', 'exclusive', 'parallel', 'start', 'timer', 'border-timer', 'end', 'pool', 'annotation'];

function created(modeler, kind) {
  const factory = modeler.get('elementFactory');
  return kind.shape.type === 'bpmn:Participant' ? factory.createParticipantShape() : factory.createShape({ ...kind.shape });
}

export function toolbar(box, studio) {
  const { modeler } = studio;
  const selected = () => {
    const chosen = modeler.get('selection').get();
    return chosen.length === 1 ? chosen[0].labelTarget || chosen[0] : null;
  };
  const button = (icon, words, act) => node('button', { type: 'button', class: 'btn', title: words, 'aria-label': words, tabindex: -1, on: { click: act } }, node('span', { class: icon, 'aria-hidden': 'true' }));

  const put = (kind) => (event) => {
    if (event.detail > 0 && kind.group !== 'border') {
      modeler.get('create').start(event, created(modeler, kind));
      return;
    }
    const after = selected();
    if (!canAdd(after, kind)) {
      studio.tell(kind.group === 'border' ? say('先选一个任务或子流程，再加在它边上') : say('这里不能加{what}', { what: inLanguage(kind) }));
      return;
    }
    add(modeler, after, kind);
    studio.focusPanel();
  };
  const tools = [
    button('bpmn-icon-hand-tool', say('抓手（移动画布）'), (event) => modeler.get('handTool').activateHand(event)),
    button('bpmn-icon-lasso-tool', say('框选'), (event) => modeler.get('lassoTool').activateSelection(event)),
    button('bpmn-icon-space-tool', say('腾出或收回空间'), (event) => modeler.get('spaceTool').activateSelection(event)),
    button('bpmn-icon-connection-multi', say('连线'), (event) => modeler.get('globalConnect').start(event)),
  ];
  const kinds = OFFERED.map((key) => {
    const kind = kindOf(key);
    return button(kind.icon, inLanguage(kind), put(kind));
  });
  const more = node('button', { type: 'button', class: 'btn', tabindex: -1, title: say('更多图元'), 'aria-label': say('更多图元') }, '…');
  more.addEventListener('click', () => {
    const at = more.getBoundingClientRect();
    modeler.get('popupMenu').open(modeler.get('canvas').getRootElement(), 'bpmn-create', { x: at.right + 8, y: at.top }, { title: say('更多图元'), width: 300, search: true });
  });
  box.append(...tools, node('hr'), ...kinds, more);

  // One stop of the Tab key; the arrows walk on.
  const all = [...box.querySelectorAll('button')];
  all[0].tabIndex = 0;
  box.addEventListener('keydown', (event) => {
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (at < 0 || to === undefined || !all[to]) return;
    event.preventDefault();
    all[at].tabIndex = -1;
    all[to].tabIndex = 0;
    all[to].focus();
  });
}
