/* Words of the studio's bundles: ours are written in Chinese and looked up in English; those of
 * the drawing library are written in English and looked up in Chinese. What is not found is
 * remembered in `missing`, so that a test can say so. */
import core from 'bpmn-js-i18n/translations/zn.js';
import { ENGLISH } from './words_en.js';
import { STOCK } from './words_stock.js';

export const english = document.documentElement.lang === 'en';
export const missing = new Set();
const CHINESE = { ...core, ...STOCK };

function filled(words, values) {
  return words.replace(/{(\w+)}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

function found(dictionary, words) {
  if (Object.prototype.hasOwnProperty.call(dictionary, words)) return dictionary[words];
  missing.add(words);
  return words;
}

/* Our own words, written in Chinese. */
export function say(words, values = {}) {
  return filled(english ? found(ENGLISH, words) : words, values);
}

/* What the drawing library says, written in English. */
export function translate(words, values = {}) {
  return filled(english || !words ? words : found(CHINESE, words), values);
}

/* Of {zh, en} what the page's language needs. */
export function inLanguage(texts) {
  return (english ? texts.en || texts.zh : texts.zh) || '';
}
