/* Two drawings beside each other: what was added, removed, changed, moved is marked on both, they
 * zoom and pan as one, and a link of the list leads both to its element.
 *
 * <div data-compare='{"added": [ids], "removed": […], "changed": […], "moved": […]}'> holds two
 * <div data-side="old|new" data-xml="address">. Without JavaScript the list says the same. */
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import { inEnglish } from './english.js';

const english = document.documentElement.lang === 'en';
const CHINESE = { 'Open {element}': '打开 {element}', 'Powered by bpmn.io': '由 bpmn.io 绘制' };
const HIDDEN_ON = { added: 'old', removed: 'new' };

function translate(template, values = {}) {
  const words = english ? template : CHINESE[template] || template;
  return words.replace(/{(\w+)}/g, (whole, name) => values[name] || whole);
}

async function opened(box) {
  const answer = await fetch(box.dataset.xml, { headers: { Accept: 'application/xml, text/xml' } });
  if (!answer.ok) throw new Error(`${box.dataset.xml}: ${answer.status}`);
  const xml = await answer.text();
  const viewer = new NavigatedViewer({
    container: box,
    zoomScroll: { enabled: false },
    additionalModules: [{ translate: ['value', translate] }],
    textRenderer: { defaultStyle: { fontFamily: getComputedStyle(document.body).fontFamily } },
  });
  await viewer.importXML(english ? inEnglish(xml) : xml);
  return viewer;
}

/* What lies on another plane is marked on the stage that hides it, so that nobody overlooks it. */
function mark(viewer, side, marks) {
  const canvas = viewer.get('canvas');
  const known = viewer.get('elementRegistry');
  for (const [kind, ids] of Object.entries(marks)) {
    if (HIDDEN_ON[kind] === side) continue;
    for (const id of ids) {
      if (!known.get(id)) continue;
      canvas.addMarker(id, `hy-${kind}`);
      const root = canvas.findRoot(known.get(id));
      const host = root && known.get(root.id.replace(/_plane$/, ''));
      if (host && host !== root && host.id !== id) canvas.addMarker(host.id, 'hy-within');
    }
  }
}

function fit(viewer) {
  const canvas = viewer.get('canvas');
  const scale = canvas.zoom('fit-viewport', 'auto');
  canvas.zoom(Math.min(scale * 0.94, 1), 'auto');
}

/* One follows the other; the second event is the answer to the first and goes no further. */
function together(viewers) {
  let answering = false;
  const each = (act) => {
    if (answering) return;
    answering = true;
    try {
      act();
    } finally {
      answering = false;
    }
  };
  for (const one of viewers) {
    const other = viewers.find((viewer) => viewer !== one);
    one.on('canvas.viewbox.changed', ({ viewbox }) => each(() => {
      const { x, y, width, height } = viewbox;
      other.get('canvas').viewbox({ x, y, width, height });
    }));
    one.on('root.set', ({ element }) => each(() => {
      const canvas = other.get('canvas');
      const same = canvas.getRootElements().find((root) => root.id === element.id);
      if (same) canvas.setRootElement(same);
      fit(one);
      const { x, y, width, height } = one.get('canvas').viewbox();
      canvas.viewbox({ x, y, width, height });
    }));
  }
}

function show(viewers, id) {
  for (const viewer of viewers) {
    const canvas = viewer.get('canvas');
    const element = viewer.get('elementRegistry').get(id);
    if (!element) continue;
    const root = canvas.findRoot(element);
    if (root && root !== canvas.getRootElement()) canvas.setRootElement(root);
    canvas.scrollToElement(element, 80);
    viewer.get('selection').select(element);
    return; // the other one follows
  }
}

async function compare(area) {
  const marks = JSON.parse(area.dataset.compare);
  area.hidden = false;
  const boxes = [...area.querySelectorAll('[data-side]')];
  const viewers = await Promise.all(boxes.map(opened));
  viewers.forEach((viewer, at) => mark(viewer, boxes[at].dataset.side, marks));
  viewers.forEach(fit);
  together(viewers);
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[data-element]');
    if (link) show(viewers, link.dataset.element);
  });
  area.dataset.ready = 'yes';
}

for (const area of document.querySelectorAll('[data-compare]')) {
  compare(area).catch((error) => {
    area.hidden = true;
    console.warn(error.message);
  });
}
