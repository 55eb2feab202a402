/* A form with data-draft: what is typed is kept on the server while it is typed, and in this browser while the
 * server cannot be reached; it is sent when the server is back. The form's data-words-* say so. */
const form = document.querySelector('form[data-draft]');
const line = form && form.querySelector('[data-draft-said]');

if (line) {
  const SOON = 900; // ms after the last key
  const AGAIN = 4000; // between two tries without a connection
  const PATIENCE = 8000;
  const OLD = 14 * 24 * 3600 * 1000;
  const PREFIX = 'huiyin.draft.';
  const place = PREFIX + form.dataset.draftPlace;
  const hidden = (name) => form.elements.namedItem(name);
  let turn = 0;
  let since = null; // when the connection was lost
  let busy = null;
  let timer = 0;
  let passing = false;

  /* A browser may refuse storage; then a lost connection is only said. */
  const local = {
    read() {
      try { return JSON.parse(localStorage.getItem(place)); } catch { return null; }
    },
    keep(fields) {
      const told = { fields, at: new Date().toISOString(), draft: hidden('draft').value, revision: hidden('draft_revision').value };
      try { localStorage.setItem(place, JSON.stringify(told)); } catch { /* said by the line alone */ }
    },
    forget() {
      try { localStorage.removeItem(place); } catch { /* nothing was kept */ }
    },
    sweep() {
      try {
        for (const key of Object.keys(localStorage).filter((one) => one.startsWith(PREFIX))) {
          if (Date.now() - Date.parse(JSON.parse(localStorage.getItem(key)).at) > OLD) localStorage.removeItem(key);
        }
      } catch { /* nothing to sweep */ }
    },
  };

  const isPart = ([name, value]) => typeof value === 'string'
    && (name === 'kept' || (name.startsWith('answer.') && !name.endsWith('.new')));
  const fields = () => [...new FormData(form)].filter(isPart);
  const spelled = (told) => JSON.stringify(told);
  let saved = spelled(fields());

  const clock = (at) => new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit', minute: '2-digit', timeZone: form.dataset.zone,
  }).format(at);
  const say = (text, worry) => {
    line.textContent = text;
    line.classList.toggle('tag', worry);
    line.classList.toggle('tag--soon', worry);
  };
  const words = (name, at) => form.dataset[name].replace('{at}', clock(at));

  const lost = (told) => {
    since = since || new Date();
    local.keep(told);
    say(words('wordsLost', since), true);
    clearTimeout(timer);
    timer = setTimeout(save, AGAIN);
    return 'lost';
  };

  const asked = async (url, options) => {
    const stop = new AbortController();
    const patience = setTimeout(() => stop.abort(), PATIENCE);
    try {
      const answer = await fetch(url, { ...options, signal: stop.signal });
      if (answer.status >= 500) throw new Error(answer.status);
      return answer;
    } finally {
      clearTimeout(patience);
    }
  };

  const send = async (told, draft, revision, keepalive = false) => {
    turn += 1;
    const body = new FormData();
    for (const [name, value] of told) body.append(name, value);
    for (const name of ['csrf_token', 'request_token']) body.append(name, hidden(name).value);
    body.append('draft', draft);
    body.append('draft_revision', revision);
    body.append('draft_turn', turn);
    return asked(form.dataset.draft, { method: 'POST', body, keepalive, headers: { 'HX-Request': 'true' } });
  };

  /* Gives "kept", "lost", "out" (signed out) or "refused". */
  async function once() {
    const told = fields();
    let answer;
    let said = {};
    try {
      answer = await send(told, hidden('draft').value, hidden('draft_revision').value);
      if (answer.headers.get('Content-Type')?.includes('json')) said = await answer.json();
    } catch {
      return lost(told);
    }
    since = null;
    if (answer.ok) {
      hidden('draft').value = said.draft;
      hidden('draft_revision').value = said.revision;
      saved = spelled(told);
      local.forget();
      say(said.news || said.said, Boolean(said.news));
      if (spelled(fields()) !== saved) soon();
      return 'kept';
    }
    local.keep(told);
    if (answer.status === 401 || answer.status === 400) {
      say(words('wordsSignedOut', new Date()), true);
      return 'out';
    }
    say(said.said || words('wordsRefused', new Date()), true);
    return 'refused';
  }

  async function save() {
    clearTimeout(timer);
    while (busy) await busy;
    if (!since && spelled(fields()) === saved) return 'kept';
    busy = once();
    try {
      return await busy;
    } finally {
      busy = null;
    }
  }

  function soon() {
    if (since) local.keep(fields()); // at once: nobody knows how long this page stays
    clearTimeout(timer);
    timer = setTimeout(save, since ? AGAIN : SOON);
  }

  const reachable = async () => {
    try {
      await asked('/healthz', { cache: 'no-store' });
      return 'kept';
    } catch {
      return lost(fields());
    }
  };

  form.addEventListener('input', soon);
  form.addEventListener('change', soon);
  window.addEventListener('online', () => since && save());
  window.addEventListener('offline', () => spelled(fields()) !== saved && save());

  /* What goes away unsaved is sent on the way out, and kept here in case that fails. */
  window.addEventListener('pagehide', () => {
    if (passing || spelled(fields()) === saved) return;
    const told = fields();
    local.keep(told);
    send(told, hidden('draft').value, hidden('draft_revision').value, true).catch(() => {});
  });

  /* Before the form goes, what is typed is safe and somebody answers; else it stays here. */
  form.addEventListener('submit', async (event) => {
    const button = event.submitter;
    if (passing || (button && button.formTarget)) return;
    if (button && 'discard' in button.dataset) {
      passing = true;
      local.forget();
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    const state = spelled(fields()) === saved && !since ? await reachable() : await save();
    if (state === 'lost') {
      say(words('wordsNotSent', new Date()), true);
      return;
    }
    if (state === 'out') return;
    passing = true;
    hidden('draft_turn').disabled = false;
    hidden('draft_turn').value = turn + 1;
    local.forget();
    form.requestSubmit(button);
  }, true);
  window.addEventListener('pageshow', () => { passing = false; });

  /* What this browser kept goes to the server first; the page then comes back with it. */
  const restore = async (kept) => {
    try {
      const answer = await send(kept.fields, kept.draft, kept.revision);
      if (!answer.ok) throw new Error(answer.status);
      const said = await answer.json();
      local.forget();
      saved = spelled(fields());
      const here = new URL(window.location.href);
      here.searchParams.set('draft', said.draft);
      window.location.replace(here);
    } catch {
      for (const [name, value] of kept.fields) {
        const control = hidden(name);
        if (control && 'value' in control && control.type !== 'hidden') control.value = value;
      }
      say(words('wordsBack', new Date(kept.at)), true);
    }
  };

  local.sweep();
  const kept = local.read();
  if (kept && spelled(kept.fields) === saved) local.forget();
  else if (kept) restore(kept);
}
