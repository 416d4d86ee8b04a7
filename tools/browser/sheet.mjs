// The pictures that changed, on one page for the eye: on the left what was accepted, as coarse as its print is, on the right
// the picture that is there now, with the squares marked that are not as they were.

import { SQUARE } from './prints.mjs';

const STYLE = `body { font: 16px system-ui; margin: 1rem; background: #ccc; color: #000 }
figure { display: inline-block; vertical-align: top; margin: 0 1rem 2rem 0 }
.now { position: relative; display: inline-block }
.now i { position: absolute; box-sizing: border-box; width: ${SQUARE}px; height: ${SQUARE}px; border: 2px solid #e0f }`;

export function sheet(changed) {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Pictures that changed</title><style>${STYLE}</style>
<h1>${changed.length} pictures that changed</h1>
${changed.map(section).join('\n')}
</html>
`;
}

function section({ name, what, was, is, squares = [] }) {
  const before = was ? `<figure><figcaption>accepted</figcaption>${coarse(was)}</figure>` : '';
  const now = is ? `<figure><figcaption>now</figcaption><div class="now"><img src="${name}.png" alt="">${squares.map((at) => mark(at, is)).join('')}</div></figure>` : '';
  return `<section><h2>${name}: ${what}</h2>${before}${now}</section>`;
}

function mark(at, { columns }) {
  return `<i style="left:${(at % columns) * SQUARE}px;top:${Math.floor(at / columns) * SQUARE}px"></i>`;
}

function coarse(print) {
  const square = (_, at) => `<path fill="rgb(${print.colour(at)})" d="M${at % print.columns} ${Math.floor(at / print.columns)}h1v1h-1z"/>`;
  const all = Array.from({ length: print.squares }, square).join('');
  return `<svg width="${print.width}" height="${print.height}" viewBox="0 0 ${print.width / SQUARE} ${print.height / SQUARE}" shape-rendering="crispEdges">${all}</svg>`;
}
