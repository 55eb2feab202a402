/* A diagram without shapes cannot be shown: it is laid out by itself when one asks for it. */
import { layoutProcess } from 'bpmn-auto-layout';
import { say } from './words.js';

export const withoutShapes = (xml) => !/<(\w+:)?BPMNShape[\s>]/.test(xml) && /<(\w+:)?process[\s>]/.test(xml);

/* Offers to lay the diagram out; gives the new XML, or null if the reader says no. */
export async function offered(studio, xml) {
  const note = studio.root.querySelector('[data-layout]');
  if (!note) return null;
  note.hidden = false;
  const button = note.querySelector('button');
  await new Promise((resolve) => { button.addEventListener('click', resolve, { once: true }); });
  note.hidden = true;
  try {
    return await layoutProcess(xml);
  } catch (error) {
    studio.tell(say('排不了：{why}', { why: error.message }));
    return null;
  }
}
