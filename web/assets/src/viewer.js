/* The drawing of a case: bpmn-js, read only, with what is done, where it stands and what is late.
 *
 * <div data-diagram="address of the XML" data-state="address of JSON"> is filled; the list beside
 * it stays for people without JavaScript. The JSON holds words already in the page's language:
 * {"done": [ids], "flows": [ids], "active": [{"element", "tokens", "state", "text"}],
 *  "heat": {id: {"level": 1-5, "text", "url" to open from the text}}, "open": id of the element whose plane to show first}
 * state: ok, soon, late or hold. */
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import { inEnglish } from './english.js';
import './viewer.css';

const english = document.documentElement.lang === 'en';
const CHINESE = { 'Open {element}': '打开 {element}', 'Powered by bpmn.io': '由 bpmn.io 绘制' };

function translate(template, values = {}) {
  const words = english ? template : CHINESE[template] || template;
  return words.replace(/{(\w+)}/g, (whole, name) => values[name] || whole);
}

function label(cls, text) {
  const box = document.createElement('div');
  box.className = cls;
  box.textContent = text;
  return box;
}

/* A text that opens an address, and its element too. With the keyboard one goes by the list beside. */
function opening(viewer, id, text, url) {
  const box = label('hy-text hy-text--opens', text);
  const open = () => window.location.assign(url);
  box.addEventListener('click', open);
  viewer.get('canvas').addMarker(id, 'hy-opens');
  viewer.get('eventBus').on('element.click', ({ element }) => {
    if ((element.labelTarget || element).id === id) open();
  });
  return box;
}

function show(viewer, state) {
  const canvas = viewer.get('canvas');
  const overlays = viewer.get('overlays');
  const known = viewer.get('elementRegistry');
  const mark = (id, cls) => known.get(id) && canvas.addMarker(id, cls);
  for (const id of [...(state.done || []), ...(state.flows || [])]) mark(id, 'hy-done');
  for (const { element, tokens, state: due, text } of state.active || []) {
    if (!known.get(element)) continue;
    mark(element, due === 'late' ? 'hy-late' : 'hy-active');
    overlays.add(element, 'hy-token', { position: { top: -12, left: -12 }, html: label(`hy-token hy-token--${due}`, String(tokens || 1)) });
    if (text) overlays.add(element, 'hy-text', { position: { bottom: -5, left: 2 }, html: label(`hy-text hy-text--${due}`, text) });
  }
  for (const [id, { level, text, url }] of Object.entries(state.heat || {})) {
    if (!known.get(id)) continue;
    mark(id, `hy-heat-${level}`);
    overlays.add(id, 'hy-heat', { position: { bottom: -5, left: 2 }, html: url ? opening(viewer, id, text, url) : label('hy-text', text) });
  }
}

/* All of a plane, with a margin, but no larger than it was drawn. */
function fit(canvas) {
  const scale = canvas.zoom('fit-viewport', 'auto');
  canvas.zoom(Math.min(scale * 0.94, 1), 'auto');
}

/* The plane on which the case stands: a stage drawn collapsed has a plane of its own. */
function openPlane(viewer, state) {
  const canvas = viewer.get('canvas');
  const known = viewer.get('elementRegistry');
  const first = [state.open, ...(state.active || []).map((one) => one.element)];
  const element = first.map((id) => id && known.get(id)).find(Boolean);
  if (element) canvas.setRootElement(canvas.findRoot(element));
  fit(canvas);
}

function button(text, title, act) {
  const made = label('btn btn--s', text);
  const control = document.createElement('button');
  control.type = 'button';
  control.className = made.className;
  control.textContent = text;
  control.setAttribute('aria-label', title);
  control.title = title;
  control.addEventListener('click', act);
  return control;
}

function controls(box, viewer) {
  const bar = label('hy-controls', '');
  bar.append(
    button('＋', english ? 'Larger' : '放大', () => viewer.get('zoomScroll').stepZoom(1)),
    button('－', english ? 'Smaller' : '缩小', () => viewer.get('zoomScroll').stepZoom(-1)),
    button('⤢', english ? 'Whole drawing' : '看全图', () => fit(viewer.get('canvas'))),
  );
  box.append(bar);
}

async function text(address) {
  const answer = await fetch(address, { headers: { Accept: 'application/xml, text/xml' } });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.text();
}

async function draw(box) {
  const [xml, stated] = await Promise.all([text(box.dataset.diagram), text(box.dataset.state)]);
  const state = JSON.parse(stated);
  box.hidden = false;
  const viewer = new NavigatedViewer({
    container: box,
    zoomScroll: { enabled: false },
    additionalModules: [{ translate: ['value', translate] }],
    textRenderer: { defaultStyle: { fontFamily: getComputedStyle(document.body).fontFamily } },
  });
  await viewer.importXML(english ? inEnglish(xml) : xml);
  show(viewer, state);
  openPlane(viewer, state);
  viewer.get('eventBus').on('root.set', () => fit(viewer.get('canvas')));
  controls(box, viewer);
  box.dataset.ready = 'yes';
}

for (const box of document.querySelectorAll('[data-diagram]')) {
  draw(box).catch((error) => {
    box.hidden = true;
    console.warn(error.message);
  });
}
