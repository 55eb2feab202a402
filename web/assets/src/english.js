/* A drawing with its English names (property `name_en`): each label keeps the side it hangs on
 * and gets the room its words need, since bpmn-js wraps at the width written in the file. */
const BPMN = 'http://www.omg.org/spec/BPMN/20100524/MODEL';
const DI = 'http://www.omg.org/spec/BPMN/20100524/DI';
const DC = 'http://www.omg.org/spec/DD/20100524/DC';
const DD = 'http://www.omg.org/spec/DD/20100524/DI';
const SPIFF = 'http://spiffworkflow.org/bpmn/schema/1.0/core';
const WIDEST = 76;
const LINE = 14;

const pen = document.createElement('canvas').getContext('2d');

function width(text) {
  pen.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  return pen.measureText(text).width;
}

function lines(name) {
  const rows = [];
  for (const word of name.split(' ')) {
    const longer = rows.length ? `${rows[rows.length - 1]} ${word}` : word;
    if (rows.length && width(longer) <= WIDEST) rows[rows.length - 1] = longer;
    else rows.push(word);
  }
  return rows;
}

function rename(xml) {
  const names = new Map();
  for (const property of xml.getElementsByTagNameNS(SPIFF, 'property')) {
    if (property.getAttribute('name') !== 'name_en' || !property.getAttribute('value')) continue;
    const element = property.parentNode.parentNode.parentNode;
    const name = property.getAttribute('value');
    names.set(element.getAttribute('id'), name);
    if (element.localName === 'textAnnotation') {
      const words = element.getElementsByTagNameNS(BPMN, 'text')[0];
      if (words) words.textContent = name;
    } else {
      element.setAttribute('name', name);
    }
  }
  return names;
}

function box(shape) {
  const bounds = [...shape.children].find((child) => child.namespaceURI === DC && child.localName === 'Bounds');
  return bounds && { bounds, ...Object.fromEntries(['x', 'y', 'width', 'height'].map((k) => [k, Number(bounds.getAttribute(k))])) };
}

/* The room the words of a label need, wrapped at spaces. */
export function roomFor(name) {
  const rows = lines(name);
  return { wide: 2 * Math.round(Math.max(...rows.map(width)) / 2 + 2), high: LINE * rows.length };
}

export function besideShape(label, shape, wide, high) {
  const middle = shape.x + shape.width / 2;
  let x = label.x + (label.width - wide) / 2;
  if (label.x + label.width <= middle) x = label.x + label.width - wide;
  else if (label.x >= middle) x = label.x;
  let y = label.y + (label.height - high) / 2;
  if (label.y + label.height <= shape.y + 3) y = label.y + label.height - high;
  else if (label.y >= shape.y + shape.height - 3) y = label.y;
  return [x, y];
}

/* start: where the flow begins. */
export function besideFlow(label, start, wide, high) {
  const x = label.x >= start.x ? label.x : label.x + label.width - wide;
  const above = label.y + label.height <= start.y;
  return [x, above ? label.y + label.height - high : label.y];
}

function beginning(edge) {
  const point = edge.getElementsByTagNameNS(DD, 'waypoint')[0];
  return { x: Number(point.getAttribute('x')), y: Number(point.getAttribute('y')) };
}

export function inEnglish(source) {
  const xml = new DOMParser().parseFromString(source, 'text/xml');
  const names = rename(xml);
  for (const kind of ['BPMNShape', 'BPMNEdge']) {
    for (const drawn of xml.getElementsByTagNameNS(DI, kind)) {
      const name = names.get(drawn.getAttribute('bpmnElement'));
      const tag = [...drawn.children].find((child) => child.localName === 'BPMNLabel');
      const label = name && tag && box(tag);
      if (!label) continue;
      const { wide, high } = roomFor(name);
      const [x, y] = kind === 'BPMNShape' ? besideShape(label, box(drawn), wide, high) : besideFlow(label, beginning(drawn), wide, high);
      for (const [key, value] of Object.entries({ x, y, width: wide, height: high })) label.bounds.setAttribute(key, value);
    }
  }
  return new XMLSerializer().serializeToString(xml);
}
