// Prints of pictures as lines of text, and how far two of them are apart.

import { deflateRawSync, inflateRawSync } from 'node:zlib';

// Pixels of a side.
export const SQUARE = 32;
// Green of 0 to 255 is kept in steps of this many, and by how much red and blue differ from it, in coarser ones: most of a page is
// grey, and the file stays small.
const STEP = 2;
const TINT = 8;

// Red, green and blue of squares as short text.
export function printed(colours) {
  const step = (value) => Math.round(value / STEP);
  const [reds, greens, blues] = [0, 1, 2].map((colour) => [...colours.filter((_, at) => at % 3 === colour)].map(step));
  const tint = (values) => values.map((value, at) => Math.round((value - greens[at]) * STEP / TINT));
  return deflateRawSync(Buffer.from([...greens, ...tint(reds), ...tint(blues)]), { level: 9 }).toString('base64');
}

export class Print {
  constructor(line) {
    const [name, size, text] = line.split(' ');
    const [width, height] = size.split('x').map(Number);
    const bytes = inflateRawSync(Buffer.from(text, 'base64'));
    const squares = bytes.length / 3;
    Object.assign(this, { line, name, size, width, height, squares, columns: Math.ceil(width / SQUARE) });
    this.greens = [...bytes.subarray(0, squares)].map((value) => value * STEP);
    this.tints = [...new Int8Array(bytes.subarray(squares))].map((value) => value * TINT);
  }

  // The colour of a square.
  colour(at) {
    const green = this.greens[at];
    return [green + this.tints[at], green, green + this.tints[this.squares + at]];
  }

  // The squares that are further off than is said, or in tint by more than one step of it, and how far the furthest is. Of
  // pictures of one size.
  apart(other, tolerance) {
    const far = this.greens.map((green, at) => {
      const tints = [at, this.squares + at].map((tint) => Math.abs(this.tints[tint] - other.tints[tint]));
      return { light: Math.abs(green - other.greens[at]), tint: Math.max(...tints) };
    });
    const squares = far.flatMap(({ light, tint }, at) => (light > tolerance || tint > TINT ? [at] : []));
    return { squares, furthest: Math.max(...far.map(({ light, tint }) => Math.max(light, tint))) };
  }
}

export const read = (text) => new Map(text.split('\n').filter(Boolean).map((line) => new Print(line)).map((print) => [print.name, print]));
