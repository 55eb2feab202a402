// node rewrite.mjs FILE…: writes each diagram as the studio's editor writes it, so that one opened
// and saved there without a change stays the same to the byte. Comments in a file are not kept.
import { BpmnModdle } from 'bpmn-moddle';
import fs from 'node:fs';

const spiffworkflow = JSON.parse(fs.readFileSync(new URL('src/studio/spiffworkflow.json', import.meta.url), 'utf8'));

for (const file of process.argv.slice(2)) {
  const moddle = new BpmnModdle({ spiffworkflow });
  const { rootElement, warnings } = await moddle.fromXML(fs.readFileSync(file, 'utf8'));
  const { xml } = await moddle.toXML(rootElement, { format: true });
  fs.writeFileSync(file, xml);
  console.log(file, warnings.length ? warnings.map((one) => one.message).join('; ') : 'well');
}
