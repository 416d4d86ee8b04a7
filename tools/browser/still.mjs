// What runs in a page around the taking of its picture, so that chance and the clock do not show in it. Each function is sent
// to the browser, and so stands alone.

// Draws what is random alike each time: of tokens, codes, times and years each sign is an 8, and a QR code, which has more
// or fewer dots by what is in it, gets one size. Returns what makes the page itself again.
export function still() {
  const random = /(?<=[=/])[\w-]{20,}|[0-9A-Z]{4}(?:[- ][0-9A-Z]{4})+|\d\d:\d\d|\b20\d\d\b/g;
  const undo = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const [node, was] = [text, text.data];
    const alike = was.replace(random, (found) => found.replace(found.length < 20 || found.includes(' ') ? /\w/g : /[\w-]/g, '8'));
    // The age of a case of the desk.
    node.data = node.parentElement.closest('.cases') ? alike.replace(/\d+ (minut[eo])s?/, '8 $1s') : alike;
    if (node.data !== was) undo.push(() => { node.data = was; });
  }
  for (const image of document.querySelectorAll('.qr svg')) {
    const sides = ['width', 'height'].map((side) => [side, image.getAttribute(side)]);
    for (const [side] of sides) image.setAttribute(side, '256');
    undo.push(() => sides.forEach(([side, was]) => image.setAttribute(side, was)));
  }
  return () => undo.forEach((restore) => restore());
}

// The boxes of QR codes and of the lines that have one of these names in them, the latter as wide as the block they stand in.
export function linesOf(names) {
  const escaped = names.map((name) => name.replace(/[.*+?^$()[\]{}|\\]/g, '\\$&'));
  const named = new RegExp(`(?<!\\p{L})(?:${escaped.join('|')})(?!\\p{L})`, 'gu');
  const boxes = [];
  const add = ({ top, bottom }, { left, right }) => boxes.push([left + scrollX, top + scrollY, right + scrollX, bottom + scrollY].map(Math.round));
  const addInside = (element) => {
    const { top, bottom, left, right } = element.getBoundingClientRect();
    const [above, beside] = [element.clientTop, element.clientLeft];
    add({ top: top + above, bottom: bottom - above }, { left: left + beside, right: right - beside });
  };
  document.querySelectorAll('.qr').forEach(addInside);
  if (names.length === 0) return boxes;
  [...document.querySelectorAll('input:not([type=hidden]), textarea')].filter((field) => field.value.match(named)).forEach(addInside);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    for (const found of text.data.matchAll(named)) {
      const range = document.createRange();
      range.setStart(text, found.index);
      range.setEnd(text, found.index + found[0].length);
      let block = text.parentElement;
      while (getComputedStyle(block).display === 'inline') block = block.parentElement;
      for (const line of range.getClientRects()) add(line, block.getBoundingClientRect());
    }
  }
  return boxes;
}
