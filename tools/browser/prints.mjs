// Prints of pictures as lines of text, and how far two of them are apart.

import { deflateRawSync, inflateRawSync } from 'node:zlib';

// Pixels of a side.
export const SQUARE = 32;
// Colours of 0 to 255 are kept in steps of this many.
const STEP = 2;

// Red, green and blue of squares as short text.
export function printed(colours) {
  const planes = [0, 1, 2].map((colour) => colours.filter((_, at) => at % 3 === colour));
  const bytes = Buffer.from(planes.flatMap((plane) => [...plane].map((value) => Math.round(value / STEP))));
  return deflateRawSync(bytes, { level: 9 }).toString('base64');
}

export class Print {
  constructor(line) {
    const [name, size, text] = line.split(' ');
    const [width, height] = size.split('x').map(Number);
    Object.assign(this, { line, name, size, width, height, columns: Math.ceil(width / SQUARE) });
    this.values = inflateRawSync(Buffer.from(text, 'base64'));
  }

  // The colour of a square, from 0 to 255 each.
  colour(at) {
    const squares = this.values.length / 3;
    return [0, 1, 2].map((plane) => this.values[plane * squares + at] * STEP);
  }

  // The squares whose colour is further off than is said, and how far the furthest is. Of pictures of one size.
  apart(other, tolerance) {
    const squares = this.values.length / 3;
    const far = Array.from({ length: squares }, (_, at) => {
      const [ours, theirs] = [this.colour(at), other.colour(at)];
      return Math.max(...ours.map((value, colour) => Math.abs(value - theirs[colour])));
    });
    return { squares: far.flatMap((distance, at) => (distance > tolerance ? [at] : [])), furthest: Math.max(...far) };
  }
}

export const read = (text) => new Map(text.split('\n').filter(Boolean).map((line) => new Print(line)).map((print) => [print.name, print]));
