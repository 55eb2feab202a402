// One question to the server, with the page's token. Whoever's sign-in has run out signs in again in another window;
// the token of before is then worth nothing, so a new one is asked for.
const PATIENCE = 20_000;
const head = () => document.querySelector('[data-csrf]');
let token = null;

const current = () => token ?? head()?.dataset.csrf ?? '';

async function reached(url, options, patience = PATIENCE) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), patience);
  try {
    return await fetch(url, { credentials: 'same-origin', ...options, signal: stop.signal });
  } finally {
    clearTimeout(timer);
  }
}

/* A new token, from an address that gives one; whether somebody is signed in. */
async function renewed(from) {
  const answer = await reached(from, { method: 'HEAD', cache: 'no-store' });
  if (!answer.ok || !answer.headers.get('X-CSRFToken')) return false;
  token = answer.headers.get('X-CSRFToken');
  return true;
}

async function posted(url, body, patience) {
  const answer = await reached(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-CSRFToken': current(), 'HX-Request': 'true' },
    body,
  }, patience);
  const isJson = (answer.headers.get('Content-Type') || '').includes('json');
  return { status: answer.status, told: isJson ? await answer.json() : {} };
}

/* Post JSON. Gives {kind, status, told}; kind: "ok", "lost" (nobody answers), "out" (signed out), "refused".
 * fresh: an address that gives a token to who is signed in. */
export async function post(url, told, { fresh, patience = PATIENCE } = {}) {
  const body = JSON.stringify(told);
  try {
    let answer = await posted(url, body, patience);
    if ((answer.status === 400 || answer.status === 401) && fresh) {
      if (!(await renewed(fresh))) return { kind: 'out', ...answer };
      answer = await posted(url, body, patience);
    }
    if (answer.status >= 500) return { kind: 'lost', ...answer };
    if (answer.status === 401) return { kind: 'out', ...answer };
    return { kind: answer.status < 300 ? 'ok' : 'refused', ...answer };
  } catch {
    return { kind: 'lost', status: 0, told: {} };
  }
}

/* Get JSON; null if it could not be had. */
export async function got(url) {
  try {
    const answer = await reached(url, { headers: { Accept: 'application/json', 'HX-Request': 'true' }, cache: 'no-store' });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
