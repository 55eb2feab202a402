/* Who does a task, written on it as the drawing shows it: the roles, by their names. */
import { is } from 'bpmn-js/lib/util/ModelUtil';
import { property } from './extensions.js';
import { inLanguage } from './words.js';

export function chips(studio) {
  const { modeler } = studio;
  const overlays = modeler.get('overlays');
  const shown = new Map();
  const nameOf = (key) => {
    const known = studio.options.roles.find((one) => one.value === key);
    return known ? inLanguage(known) : key;
  };

  function draw(element) {
    if (element.type === 'label' || !(is(element, 'bpmn:UserTask') || is(element, 'bpmn:ManualTask'))) return;
    const words = property(element.businessObject, 'roles').split(/[\s,]+/).filter(Boolean).map(nameOf).join(' · ');
    if (shown.get(element.id) === words) return;
    overlays.remove({ element: element.id, type: 'roles' });
    shown.set(element.id, words);
    if (!words) return;
    const chip = document.createElement('div');
    chip.className = 'studio-chip';
    chip.textContent = words;
    overlays.add(element, 'roles', { position: { bottom: 9, left: 6 }, show: { minZoom: 0.5 }, html: chip });
  }

  const bus = modeler.get('eventBus');
  const all = () => {
    shown.clear();
    modeler.get('elementRegistry').forEach(draw);
  };
  bus.on('import.done', all);
  bus.on('elements.changed', ({ elements }) => elements.filter((one) => one.parent).forEach(draw));
  bus.on('shape.removed', ({ element }) => shown.delete(element.id));
  bus.on('shape.added', ({ element }) => studio.soon(`chip-${element.id}`, () => element.parent && draw(element)));
  return { all };
}
