// A phone with an authenticator app: it sees what a camera would see, the page as it is painted, and counts codes itself
// (RFC 6238), so that it shares nothing with the program that it checks.

import { createHmac } from 'node:crypto';
import { PNG } from 'pngjs';
import readQr from 'jsqr';

const STEP = 30;

function fromBase32(text) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...text.replace(/[\s=]/g, '').toUpperCase()].map((letter) => {
    const value = alphabet.indexOf(letter);
    if (value < 0) throw new Error('the secret is no base32');
    return value.toString(2).padStart(5, '0');
  }).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
}

export class Authenticator {
  // What the QR code on a page says, as a camera reads it.
  static async scan(page) {
    const { data, width, height } = PNG.sync.read(await page.screenshot({ fullPage: true }));
    const found = readQr(new Uint8ClampedArray(data), width, height);
    if (!found) throw new Error('no QR code can be read on the page');
    return new Authenticator(found.data);
  }

  constructor(text) {
    const url = new URL(text);
    const given = (name, otherwise) => url.searchParams.get(name) ?? otherwise;
    if (url.protocol !== 'otpauth:' || url.host !== 'totp') throw new Error('the QR code is for no authenticator app');
    if (given('algorithm', 'SHA1') !== 'SHA1' || given('digits', '6') !== '6' || given('period', '30') !== '30') {
      throw new Error('many apps know nothing but SHA1, 6 digits and 30 seconds');
    }
    this.issuer = given('issuer', '');
    this.label = decodeURIComponent(url.pathname.replace(/^\/+/, ''));
    this.text = given('secret', '');
    this.secret = fromBase32(this.text);
    this.last = -1;
  }

  at(seconds) {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(Math.floor(seconds / STEP)));
    const mac = createHmac('sha1', this.secret).update(counter).digest();
    const from = mac[19] & 15;
    return String((mac.readUInt32BE(from) & 0x7fffffff) % 1_000_000).padStart(6, '0');
  }

  // A code is good once: the next one is that of a later step.
  async code(now, pause) {
    while (Math.floor(now() / STEP) <= this.last) await pause(250);
    this.last = Math.floor(now() / STEP);
    return this.at(now());
  }
}

// RFC 6238, appendix B, cut to 6 digits.
const vector = new Authenticator('otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
for (const [seconds, code] of [[59, '287082'], [1111111109, '081804'], [20000000000, '353130']]) {
  if (vector.at(seconds) !== code) throw new Error(`the authenticator counts wrong at ${seconds}`);
}
