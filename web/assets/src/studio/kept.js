// What this browser holds until the server has it: one entry for each window and file, in IndexedDB, or in
// localStorage where a browser refuses the other. A file of a draft may be larger than localStorage takes.
const BASE = 'huiyin.studio';
const STORE = 'kept';
const OLD = 30 * 24 * 3600 * 1000;
let opening = null;

const asked = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

function open() {
  opening = opening || new Promise((resolve, reject) => {
    const request = indexedDB.open(BASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'key' });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error('blocked'));
  });
  return opening;
}

/* One transaction; it is over only when it is on the disk as far as a browser tells. */
async function inStore(mode, work) {
  const base = await open();
  const transaction = base.transaction(STORE, mode, { durability: 'strict' });
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  const found = await asked(work(transaction.objectStore(STORE)));
  if (mode === 'readwrite') await done;
  return found;
}

const plain = {
  name: (key) => `${BASE}.${key}`,
  all: () => Object.keys(localStorage).filter((name) => name.startsWith(`${BASE}.`))
    .map((name) => JSON.parse(localStorage.getItem(name))),
  put: (entry) => localStorage.setItem(plain.name(entry.key), JSON.stringify(entry)),
  drop: (key) => localStorage.removeItem(plain.name(key)),
};

export const keyOf = ({ address, path, tab }) => [address, path, tab].join(' ');

/* Keep an entry {address, path, tab, turn, revision, content, at}; whether it was kept. */
export async function keep(entry) {
  const whole = { ...entry, key: keyOf(entry) };
  try {
    await inStore('readwrite', (store) => store.put(whole));
    return true;
  } catch {
    try { plain.put(whole); return true; } catch { return false; }
  }
}

/* Forget an entry, unless something newer was kept under its name meanwhile. */
export async function forget(entry) {
  const key = keyOf(entry);
  try {
    const there = await inStore('readonly', (store) => store.get(key));
    if (there && there.turn === entry.turn) await inStore('readwrite', (store) => store.delete(key));
  } catch { /* kept in the other place, or nowhere */ }
  try { plain.drop(key); } catch { /* nothing was kept there */ }
}

/* Everything held, oldest first; what is a month old is of no use to anybody. */
export async function all() {
  let found = [];
  try { found = await inStore('readonly', (store) => store.getAll()); } catch { /* none */ }
  try { found = [...found, ...plain.all()]; } catch { /* none */ }
  const fresh = [];
  for (const entry of found) {
    if (Date.now() - entry.at > OLD) await forget(entry);
    else fresh.push(entry);
  }
  return fresh.sort((one, other) => one.at - other.at);
}
