/* Looks into a row without leaving the list: the row's data-peek address gives a fragment for <dialog id="peek">. */
export async function peek(row) {
  const dialog = document.getElementById('peek');
  if (!dialog || !row.dataset.peek) return;
  const answer = await fetch(row.dataset.peek, { headers: { 'HX-Request': 'true' } });
  if (!answer.ok) return;
  const body = dialog.querySelector('[data-body]');
  body.replaceChildren(...new DOMParser().parseFromString(await answer.text(), 'text/html').body.childNodes);
  dialog.showModal();
}
