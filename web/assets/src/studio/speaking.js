// Words of our own in a bundle: `words({zh: {...}, en: {...}})` gives those of the page's language, in Chinese what
// lacks another; `{at}` in a text is filled in by `fill`.
export const english = () => document.documentElement.lang.startsWith('en');

export const words = (dictionary) => (english() ? { ...dictionary.zh, ...dictionary.en } : dictionary.zh);

export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_whole, name) => values[name] ?? '');

/* 14:19, as this computer's clock has it. */
export const clockTime = (at) => new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' }).format(at);
