/* The drawing in English: names come from the property `name_en` and labels get the room their
 * words need. Only what is seen changes; the file keeps its Chinese names, and what is typed on the
 * drawing goes into the English ones. */
import { is } from 'bpmn-js/lib/util/ModelUtil';
import { besideFlow, besideShape, roomFor } from '../english.js';
import { property, setProperty } from './extensions.js';
import { translate } from './words.js';

const AFTER = 100; // what the library does with the same event

export default class EnglishNames {
  constructor(bpmnRenderer, labelEditingProvider, elementRegistry, graphicsFactory, injector, eventBus, canvas) {
    this.on = false;
    this._registry = elementRegistry;
    this._graphics = graphicsFactory;
    this._canvas = canvas;
    eventBus.on(['root.set', 'elements.changed', 'import.done'], AFTER, () => this._around());
    const shape = bpmnRenderer.drawShape.bind(bpmnRenderer);
    const connection = bpmnRenderer.drawConnection.bind(bpmnRenderer);
    bpmnRenderer.drawShape = (gfx, element, attrs) => this._drawn(element, (words) => (words && element.type === 'label' ? this._label(shape, gfx, element, attrs, words) : shape(gfx, element, attrs)));
    bpmnRenderer.drawConnection = (gfx, element, attrs) => this._drawn(element, () => connection(gfx, element, attrs));
    this._edit(labelEditingProvider, injector);
  }

  show(on) {
    this.on = on;
    // Only drawn anew: whoever is told of a change might change the file.
    for (const element of this._registry.filter((one) => one.parent)) this._redraw(element);
    this._around();
  }

  /* What the library writes around the drawing: the names of planes. */
  _around() {
    this._crumbs();
    for (const button of this._canvas.getContainer().querySelectorAll('.bjs-drilldown')) {
      const thing = this._registry.get(button.closest('[data-container-id]')?.dataset.containerId)?.businessObject;
      if (!thing) continue;
      const name = (this.on && property(thing, 'name_en')) || thing.name || thing.id;
      button.title = translate('Open {element}', { element: name });
      button.setAttribute('aria-label', button.title);
      button.tabIndex = -1; // keys go by the list of elements; on the canvas it may be out of sight
    }
  }

  /* The way from the whole drawing to the plane that is open, which the library writes in Chinese. */
  _crumbs() {
    const open = this._canvas.getRootElement().businessObject;
    const things = new Map();
    for (let thing = open; thing; thing = thing.$parent) things.set(thing.id, thing);
    for (const crumb of this._canvas.getContainer().querySelectorAll('.bjs-crumb')) {
      const thing = things.get(crumb.hash ? decodeURIComponent(crumb.hash.slice(1)) : open.id);
      if (!thing) continue;
      crumb.textContent = (this.on && property(thing, 'name_en')) || thing.name || thing.id;
      crumb.title = crumb.textContent;
    }
  }

  _redraw(element) {
    this._graphics.update(element.waypoints ? 'connection' : 'shape', element, this._registry.getGraphics(element));
  }

  _words(element) {
    return this.on && element.businessObject ? property(element.businessObject, 'name_en') : '';
  }

  /* Draw while the thing bears its English name. */
  _drawn(element, draw) {
    const words = this._words(element);
    if (!words) return draw('');
    const thing = element.businessObject;
    const place = is(thing, 'bpmn:TextAnnotation') ? 'text' : 'name';
    const named = Object.prototype.hasOwnProperty.call(thing, place);
    const own = thing[place];
    thing[place] = words;
    try {
      return draw(words);
    } finally {
      if (named) thing[place] = own;
      else delete thing[place];
    }
  }

  /* A label outside its shape: laid anew, on the side it hangs on. */
  _label(draw, gfx, label, attrs, words) {
    const { wide, high } = roomFor(words);
    const target = label.labelTarget;
    const [x, y] = target.waypoints ? besideFlow(label, target.waypoints[0], wide, high) : besideShape(label, target, wide, high);
    const roomy = Object.create(label, { width: { value: wide }, height: { value: high } });
    const drawn = draw(gfx, roomy, attrs);
    drawn.setAttribute('transform', `translate(${x - label.x} ${y - label.y})`);
    return drawn;
  }

  _edit(provider, injector) {
    const activate = provider.activate.bind(provider);
    const update = provider.update.bind(provider);
    provider.activate = (element) => {
      const context = activate(element);
      if (this.on && context) context.text = property(element.businessObject, 'name_en');
      return context;
    };
    provider.update = (element, words, ...more) => {
      if (!this.on) return update(element, words, ...more);
      setProperty({ get: (name) => injector.get(name) }, element.labelTarget || element, 'name_en', words || '');
      if (element.label) this._redraw(element.label);
      return undefined;
    };
  }
}
EnglishNames.$inject = ['bpmnRenderer', 'labelEditingProvider', 'elementRegistry', 'graphicsFactory', 'injector', 'eventBus', 'canvas'];
