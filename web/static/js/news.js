/* <span data-news="address">: asks now and then whether work has come, shows the button the server gives, and keeps
 * the count in the title. The list itself stays as it is until the button is pressed. */
const place = document.querySelector('[data-news]');
const EVERY = 30_000;

async function look() {
  if (document.visibilityState !== 'visible' || !place.isConnected) return;
  try {
    const answer = await fetch(place.dataset.news, { headers: { 'HX-Request': 'true' } });
    if (!answer.ok || answer.redirected) return;
    const found = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('[data-total]');
    if (!found) return;
    if (found.textContent.trim() !== place.textContent.trim()) place.replaceChildren(...found.childNodes);
    document.title = document.title.replace(/^\([^)]*\)/, `(${Number(found.dataset.total).toLocaleString('en')})`);
  } catch {
    // not reached: it is asked again
  }
}

if (place) {
  setInterval(look, EVERY);
  document.addEventListener('visibilitychange', look);
}
