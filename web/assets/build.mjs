// npm run build: viewer, editors and htmx into ../static/dist, with the notices of what is in them.
// The same lock file gives the same bytes, so CI rebuilds and compares.
import * as esbuild from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';
import { notices } from './notices.mjs';

const out = path.resolve('../static/dist');

const result = await esbuild.build({
  entryPoints: {
    viewer: 'src/viewer.js',
    compare: 'src/compare.js',
    decisions: 'src/studio/decisions.js',
    diagram: 'src/studio/diagram.js',
  },
  outdir: out,
  write: false, // what is there stays until everything is built
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['chrome88'],
  charset: 'utf8',
  // One form of each icon font is enough for every browser that runs the bundles.
  loader: { '.woff2': 'file', '.woff': 'empty', '.ttf': 'empty', '.eot': 'empty', '.svg': 'empty' },
  assetNames: '[name]',
  legalComments: 'none', // all of them stand in NOTICE.txt
  metafile: true,
  logLevel: 'warning',
});
fs.rmSync(out, { recursive: true, force: true });
fs.mkdirSync(out, { recursive: true });
for (const file of result.outputFiles) fs.writeFileSync(file.path, file.contents);
fs.copyFileSync('node_modules/htmx.org/dist/htmx.min.js', path.join(out, 'htmx.min.js'));
fs.writeFileSync(path.join(out, 'NOTICE.txt'), notices(Object.keys(result.metafile.inputs), ['htmx.org']));

for (const name of fs.readdirSync(out).sort()) {
  console.log(name, fs.statSync(path.join(out, name)).size);
}
