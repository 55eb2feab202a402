/* <ul data-presence="address" data-token="…">: who else has this case open. While the page is looked at it says so each
 * minute; what comes back replaces the list. Without JavaScript the list is as of when the page was opened. */
const MINUTE = 60_000;

for (const list of document.querySelectorAll('[data-presence]')) {
  const beat = async () => {
    if (document.hidden) return;
    const told = new FormData();
    told.append('csrf_token', list.dataset.token);
    try {
      const answer = await fetch(list.dataset.presence, {
        method: 'POST', body: told, headers: { 'HX-Request': 'true' },
      });
      if (!answer.ok) return;
      const text = await answer.text();
      const found = new DOMParser().parseFromString(`<ul>${text}</ul>`, 'text/html').querySelector('ul');
      if (found.textContent.trim() !== list.textContent.trim()) list.replaceChildren(...found.childNodes);
    } catch {
      /* not reached: the next minute asks again */
    }
  };
  setInterval(beat, MINUTE);
  document.addEventListener('visibilitychange', beat);
}
