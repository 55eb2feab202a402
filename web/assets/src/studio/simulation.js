/* Walking tokens through the drawing, for teaching: it shows ways, not data. The library that does
 * it is never asked for words, so its own are changed where they appear. */
import { english, say } from './words.js';

const CHINESE = {
  'Play Simulation': '开始走',
  'Pause Simulation': '停一停',
  'Reset Simulation': '从头来',
  'Play/Pause Simulation': '走或停',
  'Toggle Simulation Log': '走过的路',
  'Simulation Log': '走过的路',
  'No Entries': '还没有走',
  'Trigger Event': '让它发生',
  'Set Sequence Flow': '换一条路',
  'Add pause point': '走到这里停',
  'Remove pause point': '不在这里停',
  'Set animation speed = Slow': '慢走',
  'Set animation speed = Normal': '照常走',
  'Set animation speed = Fast': '快走',
  'Token Simulation': '试走',
  'Found unsupported elements': '有不能试走的图元',
  'Not supported': '不能试走',
  Close: '收起',
  Finished: '走完了',
  Process: '流程',
  'User Task': '用户任务',
  'Service Task': '服务任务',
  'Script Task': '脚本任务',
  'Business Rule Task': '决策任务',
  'Manual Task': '线下任务',
  'Receive Task': '等消息',
  'Send Task': '发消息',
  'Call Activity': '调用别的流程',
  Task: '任务',
  'Exclusive Gateway': '排他网关',
  'Parallel Gateway': '并行网关',
  'Inclusive Gateway': '包容网关',
  'Start Event': '开始',
  'Intermediate Event': '中间事件',
  'Boundary Event': '边界事件',
  'End Event': '结束',
  SubProcess: '子流程',
};

function inChinese(found) {
  if (found.nodeType === Node.TEXT_NODE) {
    const words = CHINESE[found.data.trim()];
    if (words) found.data = words;
    return;
  }
  if (found.nodeType !== Node.ELEMENT_NODE) return;
  for (const place of ['title', 'aria-label']) {
    const words = CHINESE[found.getAttribute(place)];
    if (words) found.setAttribute(place, words);
  }
  const title = found.getAttribute('title');
  if (title && title.startsWith('Focus process instance ')) found.setAttribute('title', `看第 ${title.slice(23)} 次`);
  found.childNodes.forEach(inChinese);
}

function speakChinese(container) {
  const own = [...container.querySelectorAll('[class*="bts-"]')];
  own.forEach(inChinese);
  new MutationObserver((changes) => {
    for (const { target, addedNodes } of changes) {
      const ours = target.closest && target.closest('[class*="bts-"], .djs-overlays');
      if (ours) addedNodes.forEach(inChinese);
      else addedNodes.forEach((one) => one.nodeType === Node.ELEMENT_NODE && String(one.className).includes('bts-') && inChinese(one));
    }
  }).observe(container, { childList: true, subtree: true });
}

export function simulation(studio, button) {
  const { modeler } = studio;
  if (!english) speakChinese(modeler.get('canvas').getContainer());
  button.addEventListener('click', () => modeler.get('toggleMode').toggleMode());
  modeler.get('eventBus').on('tokenSimulation.toggleMode', ({ active }) => {
    button.setAttribute('aria-pressed', String(active));
    studio.root.classList.toggle('studio--walking', active);
    studio.tell(active ? say('试走：点开始上的三角，看令牌怎么走。试走时不能改图。') : '');
  });
}
