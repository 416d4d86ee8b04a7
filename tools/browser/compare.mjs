// Which pictures of target/screenshots are new, gone, or look otherwise than was accepted: `compare [--accept] [story…]`. Those
// to look at are put on one sheet, target/screenshots/changed.html, with the squares marked that changed. `--accept` keeps
// what is there in accepted.txt; without it, any difference is a failure.

import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { read } from './prints.mjs';
import { sheet } from './sheet.mjs';

// A square's colour may be off by so much, of 255: fonts are smoothed a little differently by each version of the browser.
const TOLERANCE = 2;

// Letters alone, by letters.mjs. Where they look otherwise, the machine has another browser or other fonts than that on which
// the pictures were accepted: then only which pictures there are can be compared.
const LETTERS = 'letters';

const [folder, file, ...words] = process.argv.slice(2);
const accept = words.includes('--accept');
const stories = words.filter((word) => word !== '--accept');
const concerned = (name) => stories.length === 0 || [LETTERS, ...stories].includes(name.split('/')[0]);

function printsIn(screenshots) {
  if (!existsSync(screenshots)) throw new Error(`no pictures are in ${screenshots}: tools/browser/run makes them`);
  const files = readdirSync(screenshots).map((story) => join(screenshots, story, 'prints.txt')).filter((prints) => existsSync(prints));
  return read(files.map((prints) => readFileSync(prints, 'utf8')).join(''));
}

function compared(name) {
  const [was, is] = [accepted.get(name), taken.get(name)];
  if (!was) return { name, is, what: 'new' };
  if (!is) return { name, was, what: 'gone' };
  if (was.size !== is.size) return { name, was, is, what: `was ${was.size}, is ${is.size}` };
  const { squares, furthest } = was.apart(is, TOLERANCE);
  return squares.length > 0 ? { name, was, is, squares, what: `${squares.length} squares changed, by up to ${furthest} of 255` } : undefined;
}

const accepted = existsSync(file) ? read(readFileSync(file, 'utf8')) : new Map();
const taken = printsIn(folder);
const names = [...new Set([...accepted.keys(), ...taken.keys()])].filter(concerned).sort();
const changed = names.map(compared).filter(Boolean);
const page = join(folder, 'changed.html');

rmSync(page, { force: true });
for (const { name, what } of changed) console.log(`${name}: ${what}`);
if (changed.length > 0) writeFileSync(page, sheet(changed));
if (accept) {
  // What did not change stays as it was: else many small steps would go unseen.
  for (const { name, is } of changed) is ? accepted.set(name, is) : accepted.delete(name);
  writeFileSync(file, [...accepted.values()].map((print) => `${print.line}\n`).sort().join(''));
  console.log(`${changed.length} of ${names.length} pictures accepted`);
} else if (changed.some(({ name, was, is }) => was && is && name.startsWith(`${LETTERS}/`))) {
  const [there, not] = [changed.filter(({ was, is }) => was && is), changed.filter(({ was, is }) => !was || !is)];
  console.log(`${there.length} pictures differ, and so do the letters: another browser or other fonts, not compared`);
  process.exitCode = not.length > 0 ? 1 : 0;
} else if (changed.length > 0) {
  console.log(`look at ${page}; what is as it should be: tools/browser/compare --accept`);
  process.exitCode = 1;
} else {
  console.log(`${names.length} pictures look as accepted`);
}
