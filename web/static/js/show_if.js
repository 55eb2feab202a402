/* Shows a field only when its condition holds; the server decides again on every post.
 * The field carries data-if-field, data-if-op and data-if-value (JSON). */
const OPS = {
  '==': (found, value) => found === value,
  '!=': (found, value) => found !== null && found !== value,
  in: (found, value) => value.includes(found),
  'not in': (found, value) => found !== null && !value.includes(found),
};

function answer(form, name, wanted) {
  const controls = [...form.elements].filter((control) => control.name === name);
  if (!controls.length) return null;
  const first = controls[0];
  if (first.type === 'checkbox' && 'bool' in first.dataset) return first.checked;
  const chosen = first.type === 'radio' ? controls.find((control) => control.checked) : first;
  if (!chosen || chosen.value === '') return null;
  const kind = typeof (Array.isArray(wanted) ? wanted[0] : wanted);
  if (kind === 'boolean') return chosen.value === 'true';
  return kind === 'number' ? Number(chosen.value) : chosen.value;
}

function apply(form) {
  for (const field of form.querySelectorAll('[data-if-field]')) {
    const value = JSON.parse(field.dataset.ifValue);
    const holds = OPS[field.dataset.ifOp];
    const asked = form.querySelector(`[data-field="${CSS.escape(field.dataset.ifField)}"]`);
    const above = asked ? !asked.hidden : true;
    field.hidden = !(above && holds && holds(answer(form, field.dataset.ifName, value), value));
  }
}

for (const form of document.querySelectorAll('form')) {
  if (!form.querySelector('[data-if-field]')) continue;
  form.addEventListener('input', () => apply(form));
  form.addEventListener('change', () => apply(form));
  apply(form);
}
