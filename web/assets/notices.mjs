// The licences of the packages whose files are in a bundle, in one text.
import fs from 'node:fs';
import path from 'node:path';

const HEAD = `Third-party notices

The files in this folder contain parts of the packages below.
bpmn-js and dmn-js: the bpmn.io logo they draw must stay visible and may not be covered.
`;

function packageOf(input) {
  const at = input.lastIndexOf('node_modules/');
  if (at < 0) return null;
  const folder = at + 'node_modules/'.length;
  const names = input.slice(folder).split('/');
  return input.slice(0, folder) + names.slice(0, names[0].startsWith('@') ? 2 : 1).join('/');
}

function licence(folder, about) {
  const file = fs.readdirSync(folder).filter((name) => /^(licen[cs]e|copying)/i.test(name)).sort()[0];
  if (file) return fs.readFileSync(path.join(folder, file), 'utf8').trim();
  return `Licence: ${about.license}. The package carries no licence text.`;
}

export function notices(inputs, copied) {
  const folders = new Set(copied.map((name) => `node_modules/${name}`));
  for (const input of inputs) {
    const folder = packageOf(input);
    if (folder) folders.add(folder);
  }
  const texts = [...folders].map((folder) => {
    const about = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const author = typeof about.author === 'string' ? about.author : about.author && about.author.name;
    const title = `${about.name} ${about.version} (${about.license})`;
    return `${title}\n${author ? `by ${author}\n` : ''}\n${licence(folder, about)}\n`;
  });
  const line = `\n${'-'.repeat(78)}\n\n`;
  return [HEAD, ...texts.sort()].join(line);
}
