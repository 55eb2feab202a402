// npm run build: the viewer and htmx into ../static/dist, with the notices of what is in them.
// The same lock file gives the same bytes, so CI rebuilds and compares.
import * as esbuild from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';
import { notices } from './notices.mjs';

const out = path.resolve('../static/dist');
fs.rmSync(out, { recursive: true, force: true });

const result = await esbuild.build({
  entryPoints: { viewer: 'src/viewer.js' },
  outdir: out,
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['chrome88'],
  charset: 'utf8',
  legalComments: 'none', // all of them stand in NOTICE.txt
  metafile: true,
  logLevel: 'warning',
});
fs.copyFileSync('node_modules/htmx.org/dist/htmx.min.js', path.join(out, 'htmx.min.js'));
fs.writeFileSync(path.join(out, 'NOTICE.txt'), notices(Object.keys(result.metafile.inputs), ['htmx.org']));

for (const name of fs.readdirSync(out).sort()) {
  console.log(name, fs.statSync(path.join(out, name)).size);
}
