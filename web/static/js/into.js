/* A form with data-into="<id>" is posted without leaving the page; the fragment it gets replaces what is in that element. */
document.addEventListener('submit', async (event) => {
  const form = event.target;
  const into = form.dataset.into && document.getElementById(form.dataset.into);
  if (!into) return;
  event.preventDefault();
  const button = form.querySelector('button');
  if (button) button.disabled = true;
  try {
    const answer = await fetch(form.action, {
      method: 'POST', body: new FormData(form), headers: { 'HX-Request': 'true' },
    });
    if (!answer.ok) throw new Error(answer.status);
    into.replaceChildren(...new DOMParser().parseFromString(await answer.text(), 'text/html').body.childNodes);
    into.tabIndex = -1;
    into.focus();
  } catch {
    form.removeAttribute('data-into');
    form.submit(); // the whole page says what is wrong
  }
});
