// A picture of a page for the eye, and its print: the mean colour of each square of it, in one line of text, by which a program
// tells whether the page still looks as it did. What is random on a page is drawn alike each time, and of the lines that name
// somebody the print has only where they stand.

import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PNG } from 'pngjs';
import { SQUARE, printed } from './prints.mjs';
import { linesOf, still } from './still.mjs';

const [, script, , screenshots] = process.argv;
export const story = basename(script, '.mjs');
const folder = screenshots && join(screenshots, story);
if (folder) rmSync(folder, { recursive: true, force: true });

export async function take(page, name) {
  const { bytes, size, print } = await picture(page);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.png`), bytes);
  appendFileSync(join(folder, 'prints.txt'), `${story}/${name} ${size} ${print}\n`);
}

export async function picture(page) {
  // What the pointer happens to be over would look pressed.
  await page.mouse.move(0, 0);
  const stilled = await page.evaluateHandle(still);
  const bytes = await page.screenshot({ fullPage: true, animations: 'disabled' });
  const lines = await page.evaluate(linesOf, page.names ?? []);
  await stilled.evaluate((restore) => restore());
  const pixels = PNG.sync.read(bytes);
  for (const line of lines) iron(pixels, line);
  return { bytes, size: `${pixels.width}x${pixels.height}`, print: printed(squares(pixels)) };
}

const GREY = 128;

function iron({ width, height, data }, [left, top, right, bottom]) {
  for (let y = Math.max(top, 0); y < Math.min(bottom, height); y += 1) {
    for (let x = Math.max(left, 0); x < Math.min(right, width); x += 1) data.fill(GREY, (y * width + x) * 4, (y * width + x) * 4 + 3);
  }
}

// The mean red, green and blue of each square, row by row.
function squares({ width, height, data }) {
  const columns = Math.ceil(width / SQUARE);
  const sums = new Float64Array(columns * Math.ceil(height / SQUARE) * 3);
  const counts = new Float64Array(sums.length / 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = Math.floor(y / SQUARE) * columns + Math.floor(x / SQUARE);
      counts[at] += 1;
      for (let colour = 0; colour < 3; colour += 1) sums[at * 3 + colour] += data[(y * width + x) * 4 + colour];
    }
  }
  return sums.map((sum, at) => sum / counts[Math.floor(at / 3)]);
}
