/* [data-draft] with [data-present] in it: who else has the same process or pack open, asked every 20 seconds. */
const head = document.querySelector('[data-draft]');
const line = head && head.querySelector('[data-present]');
const PAUSE = 20_000;

async function ask() {
  if (document.hidden) return;
  try {
    const answer = await fetch(head.dataset.presence, { method: 'POST', headers: { 'X-CSRFToken': head.dataset.csrf, 'HX-Request': 'true' } });
    if (!answer.ok) return;
    const { said } = await answer.json();
    if (line.textContent !== said) line.textContent = said;
  } catch {
    /* not reached: asked again after the pause */
  }
}

if (line) {
  ask();
  setInterval(ask, PAUSE);
  document.addEventListener('visibilitychange', ask);
}
