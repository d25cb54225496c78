// The built site: what a browser fetches besides HTML. Everything but `public` is named by a hash of what it holds, and
// a file that holds the same is left alone: whatever embeds the site is made again only when it changed.
//
//   site module NAME FOLDER [quick]   small forms of the module that wasm-bindgen wrote to FOLDER
//   site whole OUT FOLDER…            the sheets, `public`, and the modules of each FOLDER

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../..');
const require = createRequire(join(root, 'end2end/package.json'));

// What counts is the size after brotli: -Os beats -Oz there, and functions of one name stand side by side, since what a
// generic function became for each of its types looks alike. The lowest kilobyte of the memory is the far end of the
// stack, so nothing is known to be there.
const WASM_OPT = [
  '-Os', '--converge', '--reorder-functions-by-name', '--low-memory-unused', '--enable-bulk-memory',
  '--enable-nontrapping-float-to-int', '--enable-sign-ext', '--enable-mutable-globals', '--enable-reference-types', '--enable-multivalue',
];

function run(program, args) {
  const { status, error } = spawnSync(program, args, { stdio: 'inherit' });
  if (status !== 0) throw error ?? new Error(`${program} ended with ${status}`);
}

/** Each with its compressed forms, which are made once and served as they are. */
function packed(files) {
  const all = new Map(files);
  for (const [name, bytes] of files) {
    all.set(`${name}.br`, brotliCompressSync(bytes));
    all.set(`${name}.gz`, gzipSync(bytes, { level: 9 }));
  }
  return all;
}

function hashed(stem, kind, bytes) {
  return [`${stem}.${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}.${kind}`, bytes];
}

/** The folder holds these files and nothing else, but for a folder that is written apart. */
function write(folder, files, apart) {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (!files.has(name) && name !== apart) rmSync(join(folder, name), { recursive: true });
  for (const [name, bytes] of files) {
    const file = join(folder, name);
    if (existsSync(file) && readFileSync(file).equals(bytes)) continue;
    writeFileSync(`${file}.new`, bytes);
    renameSync(`${file}.new`, file);
  }
}

function read(folder) {
  return readdirSync(folder).sort().map(name => [name, readFileSync(join(folder, name))]);
}

/** A sentence that a module says and does not have is an import that nobody provides (src/words/build.rs). */
function hasItsWords(name, wasm) {
  const absent = WebAssembly.Module.imports(new WebAssembly.Module(readFileSync(wasm))).filter(one => one.module === 'words');
  if (!absent.length) return;
  throw new Error(`src/locales/modules.json: ${name} says, and has no words for: ${absent.map(one => one.name).join(', ')}`);
}

function module_(name, folder, quick) {
  const made = kind => join(folder, kind);
  hasItsWords(name, made(`${name}_bg.wasm`));
  let [js, wasm] = [made(`${name}.js`), made(`${name}_bg.wasm`)];
  if (!quick) {
    run(join(here, 'wasm-opt'), [...WASM_OPT, wasm, '-o', made(`${name}.wasm`)]);
    run(join(root, 'end2end/node_modules/.bin/terser'), ['--module', '--compress', '--mangle', '--output', made(`${name}.min.js`), js]);
    [js, wasm] = [made(`${name}.min.js`), made(`${name}.wasm`)];
  }
  const files = [hashed(name, 'js', readFileSync(js)), hashed(name, 'wasm', readFileSync(wasm))];
  write(join(folder, 'site'), quick ? new Map(files) : packed(files));
}

function sheet(name) {
  const { browserslistToTargets, bundle } = require('lightningcss');
  const targets = browserslistToTargets(require('browserslist')('defaults'));
  return Buffer.from(bundle({ filename: join(root, `style/${name}.css`), minify: true, targets }).code);
}

function whole(out, modules) {
  const pkg = packed([hashed('deskbell', 'css', sheet('main')), hashed('still', 'css', sheet('still'))]);
  for (const folder of modules) for (const [name, bytes] of read(folder)) pkg.set(name, bytes);
  write(join(out, 'pkg'), pkg);
  write(out, packed(read(join(root, 'public'))), 'pkg');
}

const [what, ...args] = process.argv.slice(2);
if (what === 'module') module_(args[0], args[1], args[2] === 'quick');
else if (what === 'whole') whole(args[0], args.slice(1));
else throw new Error(`site ${what}? It makes a module or the whole.`);
