/* <details data-fold="address">: what is in it is asked for when it is opened first; the link in it does the same. */
for (const fold of document.querySelectorAll('details[data-fold]')) {
  fold.addEventListener('toggle', async () => {
    if (!fold.open || fold.dataset.read) return;
    fold.dataset.read = 'yes';
    try {
      const answer = await fetch(fold.dataset.fold, { headers: { 'HX-Request': 'true' } });
      if (!answer.ok) return;
      const body = new DOMParser().parseFromString(await answer.text(), 'text/html').body;
      fold.querySelector('.in').replaceChildren(...body.childNodes);
    } catch {
      delete fold.dataset.read; // the link is still there
    }
  });
}
