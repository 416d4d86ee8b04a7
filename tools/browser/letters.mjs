// Letters alone, in every size and kind that pages have: by them `compare` tells whether this machine draws as the one did on
// which the pictures were accepted.

import { readFileSync } from 'node:fs';
import { launch } from './browser.mjs';
import { take } from './picture.mjs';

const css = readFileSync(new URL('../../src/web/assets/regain.css', import.meta.url), 'utf8');
const ALL = 'The quick brown fox jumps over the lazy dog. ¿Añadió pingüino? ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789';
const page = await (await launch()).newPage({ viewport: { width: 1280, height: 900 } });
await page.setContent(`<!doctype html><html lang="en"><style>${css}</style><header><p>${ALL}</p></header><main><h1>${ALL}</h1>
<h2>${ALL}</h2><p>${ALL}</p><p class="hint">${ALL}</p><p><code>${ALL}</code></p><p><a href="#">${ALL}</a></p>
<form><label for="field">${ALL}</label><input id="field" value="${ALL}"><select><option>${ALL}</option></select><button>${ALL}</button></form></main>`);
await take(page, 'all');
await page.context().browser().close();
