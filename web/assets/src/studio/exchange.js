/* A drawing as a file to take along: BPMN, SVG, PNG. What is exported is what is seen. */
import { say } from './words.js';

const SHARP = 2; // pixels of the picture for one of the drawing
const MOST = 12_000; // pixels on a side; more is refused by browsers

function keep(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function picture(svg) {
  const image = new Image();
  await new Promise((resolve, reject) => {
    image.onload = resolve;
    image.onerror = () => reject(new Error('the drawing cannot be shown as a picture'));
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  });
  const scale = Math.min(SHARP, MOST / Math.max(image.width, image.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.ceil(image.width * scale);
  canvas.height = Math.ceil(image.height * scale);
  const pen = canvas.getContext('2d');
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => { canvas.toBlob(resolve, 'image/png'); });
}

const FORMS = {
  bpmn: async (modeler) => new Blob([(await modeler.saveXML({ format: true })).xml], { type: 'application/xml' }),
  svg: async (modeler) => new Blob([(await modeler.saveSVG()).svg], { type: 'image/svg+xml' }),
  png: async (modeler) => picture((await modeler.saveSVG()).svg),
};

export function exchange(studio, buttons) {
  for (const button of buttons) {
    button.addEventListener('click', async () => {
      const form = button.dataset.export;
      studio.panel.flush();
      keep(await FORMS[form](studio.modeler), `${studio.root.dataset.key}.${form}`);
      studio.tell(say('已经下载 {name}', { name: `${studio.root.dataset.key}.${form}` }));
    });
  }
}
