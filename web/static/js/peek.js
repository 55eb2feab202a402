/* Looks into a row without leaving the list: the row's data-peek address gives a fragment for <dialog id="peek">. */
const dialog = document.getElementById('peek');
let shown = null;

export function peeking() {
  return Boolean(dialog && dialog.open);
}

export function closePeek() {
  if (peeking()) dialog.close();
}

export async function peek(row) {
  if (!dialog || !row.dataset.peek) return;
  shown = row;
  const answer = await fetch(row.dataset.peek, { headers: { 'HX-Request': 'true' } });
  if (!answer.ok || answer.redirected || shown !== row) return; // another row was asked for meanwhile
  const body = dialog.querySelector('[data-body]');
  body.replaceChildren(...new DOMParser().parseFromString(await answer.text(), 'text/html').body.childNodes);
  if (!dialog.open) dialog.showModal();
  body.querySelector('[data-open-peeked]')?.focus(); // Enter opens it
}
