/* What was copied goes with the person from one diagram to another: it is kept in the browser, so
 * that another tab's drawing can take it. */
const KEY = 'huiyin.studio.clipboard';
const LARGEST = 2_000_000; // characters; more stays within its own tab

/* Things of the file come back as such, each only once. */
function reviver(moddle) {
  const made = new Map();
  return (key, value) => {
    if (!value || typeof value !== 'object' || typeof value.$type !== 'string') return value;
    if (value.id && made.has(value.id)) return made.get(value.id);
    const { $type, ...values } = value;
    const thing = moddle.create($type, values);
    for (const inner of Object.values(values).flat()) if (inner && inner.$type) inner.$parent = thing;
    if (value.id) made.set(value.id, thing);
    return thing;
  };
}

export default class SharedClipboard {
  constructor(moddle) {
    this._moddle = moddle;
    this._data = null;
    this._told = '';
  }

  set(data) {
    this._data = data;
    this._told = '';
    try {
      const told = JSON.stringify(data);
      if (told.length > LARGEST) return;
      localStorage.setItem(KEY, told);
      this._told = told;
    } catch {
      // A full or forbidden store: copying goes on within this tab.
    }
  }

  get() {
    const told = this._read();
    if (told && told !== this._told) return JSON.parse(told, reviver(this._moddle));
    return this._data;
  }

  clear() {
    const data = this.get();
    this._data = null;
    return data;
  }

  isEmpty() {
    return !this._data && !this._read();
  }

  _read() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  }
}
SharedClipboard.$inject = ['moddle'];
