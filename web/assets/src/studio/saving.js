// Keeps a file of a draft while it is drawn: first in this browser, then on the server, until the server has it.
//
//   const file = saver({address: '/design/drafts/<id>', path: 'process.bpmn', revision, read: async () => xml});
//   file.changed();            // after each change
//   await file.now();          // before going elsewhere: "kept", "lost", "out", "refused"
//   file.close();
//
// read: the file as it is now. onSaved: {revision, said, apart}; onTrouble: {kind, said, url}, kind one of "lost",
// "out", "refused", "apart". Both are told by the element with data-saved as well. Every content has a turn of its
// own, so that the server knows the newest of a window whatever order answers and repeats come in.
import { post } from './asking.js';
import { all, forget, keep } from './kept.js';
import { clockTime, fill, words } from './speaking.js';

const GATHER = 60; // ms in which strokes are gathered before the file is read
const QUIET = 600; // ms without a change before it is sent
const AGAIN = 2000; // between two tries without a connection, each time longer
const RARELY = 12_000;
const FOUND = 'huiyin.studio.found';

const said = words({
  zh: {
    saving: '在存……',
    lost: '{at} 起连不上。接着画，改动存在这台电脑，连上就传。',
    lostBare: '{at} 起连不上，这个浏览器也存不下。先别关这一页。',
    out: '登录过期了，改动存在这台电脑。',
    signIn: '在新窗口登录，登录后自动传上',
    refused: '这次没有存上，改动存在这台电脑。',
    apart: '另一个窗口也在改这份草稿，两份都留着。您在这里的改动在',
    apartLink: '另一份草稿里',
    found: '找回了 {at} 没来得及存的改动。',
    foundApart: '找回了 {at} 没来得及存的改动，放在',
  },
  en: {
    saving: 'Saving…',
    lost: 'No server since {at}. Keep drawing: changes are kept on this computer and sent when it is back.',
    lostBare: 'No server since {at}, and this browser cannot keep it. Leave this page open.',
    out: 'Your sign-in has ended; changes are kept on this computer.',
    signIn: 'Sign in in a new window; they are then sent by themselves',
    refused: 'Not saved this time; changes are kept on this computer.',
    apart: 'Another window works on this draft, too. Both are kept; what you do here is in',
    apartLink: 'a draft of its own',
    found: 'Found changes of {at} that had not been saved.',
    foundApart: 'Found changes of {at} that had not been saved; they are in',
  },
});

/* A name no other window has; crypto.randomUUID is not there without TLS. */
function freshTab() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((one) => one.toString(16).padStart(2, '0')).join('');
}

function say(text, { worry = false, url = '', link = '' } = {}) {
  const line = document.querySelector('[data-saved]');
  if (!line) return;
  line.classList.toggle('tag', worry);
  line.classList.toggle('tag--soon', worry);
  line.replaceChildren(text);
  if (url) {
    const aim = document.createElement('a');
    aim.href = url;
    aim.textContent = link;
    if (url.startsWith('/sign-in')) aim.target = '_blank';
    line.append(' ', aim);
  }
}

const aimOf = ({ address, path }) => `${address}/files/${path}`;

const send = (entry) => post(
  aimOf(entry),
  { content: entry.content, revision: entry.revision, tab: entry.tab, turn: entry.turn },
  { fresh: aimOf(entry) },
);

/* What windows that are gone did not get to the server, sent as they would have. Of the open file: whether the
 * server now has another than the page shows. */
async function handedIn({ address, path, tab, revision }) {
  let news = null;
  for (const entry of await all()) {
    if (entry.tab === tab) continue;
    const answer = await send(entry);
    if (answer.kind === 'lost' || answer.kind === 'out') break;
    if (answer.kind === 'refused') continue; // somebody else's, or too large: it stays where it is
    await forget(entry);
    const mine = entry.address === address && entry.path === path;
    if (mine && (answer.told.apart || answer.told.revision !== revision)) {
      news = { at: entry.at, apart: answer.told.apart };
    }
  }
  return news;
}

export function saver({ address, path, revision, tab = freshTab(), read, onSaved = () => {}, onTrouble = () => {} }) {
  let turn = 0; // of the newest content
  let had = 0; // the newest turn the server has
  let newest = null;
  let changedSince = false;
  let gathering = 0;
  let waiting = 0;
  let reading = null;
  let sending = null;
  let lostAt = null;
  let pause = AGAIN;
  let kept = true;
  let closed = false;

  const trouble = (kind, text, more = {}) => {
    say(text, { worry: true, ...more });
    onTrouble({ kind, said: text, ...more });
    return kind;
  };

  /* Read the file and keep it in this browser. */
  async function take() {
    clearTimeout(gathering);
    while (reading) await reading;
    if (!changedSince) return;
    reading = (async () => {
      changedSince = false;
      let content;
      try {
        content = await read();
      } catch {
        changedSince = true; // read again after the next stroke
        trouble('refused', said.refused);
        return;
      }
      if (newest && newest.content === content) return;
      turn += 1;
      newest = { address, path, tab, turn, revision, content, at: Date.now() };
      kept = await keep(newest);
    })();
    try { await reading; } finally { reading = null; }
  }

  async function delivered(entry, { told }) {
    had = Math.max(had, entry.turn);
    lostAt = null;
    pause = AGAIN;
    await forget(entry);
    revision = told.revision;
    if (told.apart) {
      // From here on this window's work goes into the draft the server laid for it.
      address = told.apart;
      if (newest.turn > entry.turn) newest = { ...newest, address, revision };
      trouble('apart', said.apart, { url: told.apart, link: said.apartLink });
    } else {
      if (newest.turn > entry.turn) newest = { ...newest, revision };
      say(told.said);
    }
    onSaved({ ...told, address });
  }

  async function once() {
    const entry = newest;
    const answer = await send(entry);
    if (answer.kind === 'ok') {
      await delivered(entry, answer);
      return 'kept';
    }
    if (answer.kind === 'refused') {
      had = Math.max(had, entry.turn); // asked again only with something new; this browser still holds it
      return trouble('refused', answer.told.said || said.refused);
    }
    lostAt = lostAt || new Date();
    clearTimeout(waiting);
    if (!closed) waiting = setTimeout(deliver, pause);
    pause = Math.min(1.5 * pause, RARELY);
    if (answer.kind === 'out') {
      const next = encodeURIComponent(location.pathname + location.search);
      return trouble('out', said.out, { url: `/sign-in?next=${next}`, link: said.signIn });
    }
    return trouble('lost', fill(kept ? said.lost : said.lostBare, { at: clockTime(lostAt) }));
  }

  async function deliver() {
    clearTimeout(waiting);
    if (sending) return sending;
    if (!newest || newest.turn <= had) return 'kept';
    sending = once();
    let state;
    try { state = await sending; } finally { sending = null; }
    return state === 'kept' && newest.turn > had ? deliver() : state;
  }

  async function now() {
    await take();
    while (sending) await sending;
    return deliver();
  }

  function changed() {
    changedSince = true;
    clearTimeout(gathering);
    gathering = setTimeout(take, GATHER);
    if (lostAt) return; // tried again by itself
    clearTimeout(waiting);
    waiting = setTimeout(now, QUIET);
  }

  const leave = () => { if (changedSince || (newest && newest.turn > had)) now(); };
  const hide = () => { if (document.hidden) leave(); else if (lostAt) deliver(); };
  const back = () => { if (lostAt) deliver(); };
  const doubt = (event) => { if (!kept && newest && newest.turn > had) event.preventDefault(); };
  document.addEventListener('visibilitychange', hide);
  document.addEventListener('focusout', leave);
  window.addEventListener('pagehide', leave);
  window.addEventListener('online', back);
  window.addEventListener('focus', back);
  window.addEventListener('beforeunload', doubt);

  function close() {
    closed = true;
    leave();
    clearTimeout(waiting);
    document.removeEventListener('visibilitychange', hide);
    document.removeEventListener('focusout', leave);
    window.removeEventListener('pagehide', leave);
    window.removeEventListener('online', back);
    window.removeEventListener('focus', back);
    window.removeEventListener('beforeunload', doubt);
  }

  handedIn({ address, path, tab, revision }).then((news) => {
    if (!news) return;
    const at = clockTime(news.at);
    if (news.apart) {
      trouble('apart', fill(said.foundApart, { at }), { url: news.apart, link: said.apartLink });
    } else if (turn === 0 && !changedSince) {
      try { sessionStorage.setItem(FOUND, at); } catch { /* then it is shown without a word */ }
      location.reload();
    }
  });
  try {
    const at = sessionStorage.getItem(FOUND);
    if (at) say(fill(said.found, { at }));
    sessionStorage.removeItem(FOUND);
  } catch { /* nothing was found */ }

  return { changed, now, close };
}
