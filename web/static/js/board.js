/* <div data-live="address">: asks now and then how it stands and puts each [data-part] that says something else in its
 * place. Nothing moves under anybody's hands: not the part in which the focus is, nor a list, and what was opened or
 * scrolled stays so. */
const live = document.querySelector('[data-live]');
const EVERY = 60_000;

function keep(before, after) {
  const open = [...before.querySelectorAll('details')];
  after.querySelectorAll('details').forEach((one, n) => { one.open = Boolean(open[n]?.open); });
  return [...before.querySelectorAll('.scroll')].map((one) => one.scrollLeft);
}

function put(part, fresh) {
  if (part.contains(document.activeElement)) return;
  const seen = part.cloneNode(true);
  seen.querySelectorAll('details[open]').forEach((one) => one.removeAttribute('open'));
  const same = seen.childNodes.length === fresh.childNodes.length;
  if (same && [...seen.childNodes].every((one, n) => one.isEqualNode(fresh.childNodes[n]))) return;
  const scrolled = keep(part, fresh);
  part.replaceChildren(...fresh.childNodes);
  part.querySelectorAll('.scroll').forEach((one, n) => { one.scrollLeft = scrolled[n] || 0; });
}

async function look() {
  if (document.visibilityState !== 'visible') return;
  try {
    const answer = await fetch(live.dataset.live, { headers: { 'HX-Request': 'true' } });
    if (!answer.ok || answer.redirected) return;
    const found = new DOMParser().parseFromString(await answer.text(), 'text/html');
    for (const fresh of found.querySelectorAll('[data-part]')) {
      const part = document.querySelector(`[data-part="${fresh.dataset.part}"]`);
      if (part) put(part, fresh);
    }
  } catch {
    // not reached: it is asked again
  }
}

if (live) {
  setInterval(look, EVERY);
  document.addEventListener('visibilitychange', look);
}
