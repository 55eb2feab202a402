/* The properties of what is selected: head, what can be done with it, then its fields in groups.
 * Fields stay in the page while the same things are shown, so that what is typed is not lost. */
import { is } from 'bpmn-js/lib/util/ModelUtil';
import { actions } from './actions.js';
import { control, node } from './controls.js';
import { property } from './extensions.js';
import { groupsOf } from './fields.js';
import { wordsOf } from './kinds.js';
import { english, say } from './words.js';

export function panel(box, studio) {
  const { modeler } = studio;
  let shown = { key: '', controls: new Map(), acts: null };

  /* Where nothing is selected: the process, which a single pool speaks for. */
  const whole = () => {
    const root = modeler.get('canvas').getRootElement();
    const pools = root.children.filter((one) => is(one, 'bpmn:Participant'));
    return pools.length === 1 ? pools[0] : root;
  };

  const chosen = () => {
    const selected = modeler.get('selection').get();
    if (selected.length > 1) return { several: selected };
    return { one: selected[0]?.labelTarget || selected[0] || whole() };
  };

  function flush() {
    for (const one of shown.controls.values()) one.flush();
  }

  function several(elements) {
    box.replaceChildren(node('h2', {}, say('选了 {n} 个', { n: elements.length })), actions(studio, elements).box);
    shown = { key: '', controls: new Map(), acts: null };
  }

  /* Where the focus is, to be found again in what is built anew: one change may bring another field. */
  function held() {
    const field = box.contains(document.activeElement) && document.activeElement.closest('[data-field]');
    if (!field) return () => {};
    const at = [...field.querySelectorAll('input, select, textarea')].indexOf(document.activeElement);
    return () => box.querySelectorAll(`[data-field="${CSS.escape(field.dataset.field)}"] :is(input, select, textarea)`)[at]?.focus();
  }

  function build(element, groups, key) {
    const again = element.id === shown.element ? held() : () => {};
    const controls = new Map();
    const acts = actions(studio, [element]);
    const open = new Set([...box.querySelectorAll('details[open]')].map((one) => one.dataset.group));
    const parts = groups.map((group, at) => {
      const fields = group.fields.map((field) => {
        const made = control(field);
        controls.set(field.id, made);
        return made.box;
      });
      if (!at) return node('div', {}, ...fields);
      const fold = node('details', { class: 'studio-fold', 'data-group': group.id }, node('summary', {}, group.title), ...fields);
      fold.open = group.open || open.has(group.id);
      return fold;
    });
    const title = node('h2', { 'data-title': true });
    const what = node('p', { class: 'small mut', 'data-what': true });
    box.replaceChildren(title, what, ...parts.slice(0, 1), acts.box, ...parts.slice(1));
    shown = { key, controls, acts, title, what, element: element.id };
    again();
  }

  function draw() {
    const { one: element, several: elements } = chosen();
    if (!modeler.get('canvas').getRootElement().businessObject) return; // nothing is drawn yet
    if (elements) {
      several(elements);
      return;
    }
    const groups = groupsOf(element, studio);
    const key = [element.id, ...groups.flatMap((group) => group.fields.map((field) => `${field.id}:${field.kind}`))].join(' ');
    if (key === shown.key) {
      for (const field of groups.flatMap((group) => group.fields)) shown.controls.get(field.id).take(field);
      shown.acts.refresh();
    } else {
      flush();
      build(element, groups, key);
    }
    // A draft of somebody else is only looked at.
    if (!studio.editable) for (const one of box.querySelectorAll('input, select, textarea, button')) one.disabled = true;
    const thing = element.businessObject;
    const own = thing.name || thing.text || '';
    const name = (english && property(thing, 'name_en')) || own;
    shown.title.textContent = name || wordsOf(element);
    shown.title.lang = english && name && name === own ? 'zh-CN' : '';
    if (!shown.title.lang) shown.title.removeAttribute('lang');
    shown.what.replaceChildren(name ? `${wordsOf(element)} · ` : '', node('code', {}, thing.id));
  }

  const bus = modeler.get('eventBus');
  bus.on(['selection.changed', 'root.set', 'commandStack.changed', 'import.done'], () => studio.soon('panel', draw));
  return { draw, flush };
}
