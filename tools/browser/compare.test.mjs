// That the comparison of pictures sees what changes on a page, and is blind to chance, to the clock and to names.

import { equal, match, notEqual } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch } from './browser.mjs';
import { picture } from './picture.mjs';

const css = readFileSync(new URL('../../src/web/assets/regain.css', import.meta.url), 'utf8');
const PAGE = {
  name: 'Ana Silva', email: 'ana.silva100@example.org', time: '10:03', token: 'aB-'.repeat(21), code: '9GAD-DE07-6RSX-RM7S', dots: 53,
  label: '<label for="code">Code</label>', button: '', style: '', last: 'Call us, day and night.',
};
let browser;
const folder = mkdtempSync(join(tmpdir(), 'compare-'));

before(async () => { browser = await launch(); });
after(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

function html({ name, email, time, token, code, dots, label, button, style, last }) {
  return `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><style>${css}${style}</style>
<header><p>Portal</p></header><main><h1>Welcome, ${name}</h1><p>A mail went to ${email} at ${time}, and ${name} has 30 minutes.</p>
<div class="qr"><svg width="${dots * 4}" height="${dots * 4}" viewBox="0 0 ${dots} ${dots}"><path d="M0 0h${dots}v${dots / 2}z"/></svg></div>
<p class="hint">http://portal.test/link?token=${token}</p><ol class="codes"><li><code>${code}</code></li></ol>
<form>${label}<input id="code" value="${name}"><button ${button}>Go on</button></form></main><footer><p>${last}</p></footer></html>`;
}

async function line(story, name, changes = {}) {
  const page = await browser.newPage({ viewport: { width: 320, height: 640 } });
  const told = { ...PAGE, ...changes };
  page.names = [told.name, told.email];
  await page.setContent(html(told));
  const { size, print } = await picture(page);
  const content = (await page.content()).replace(' style=""', '');
  equal(content, await fresh(html(told)), 'the page itself is as it was');
  await page.close();
  return `${story}/${name} ${size} ${print}`;
}

async function fresh(text) {
  const page = await browser.newPage();
  await page.setContent(text);
  const content = await page.content();
  await page.close();
  return content;
}

function compare(lines, ...words) {
  rmSync(join(folder, 'screenshots'), { recursive: true, force: true });
  for (const one of lines) {
    const story = join(folder, 'screenshots', one.split('/')[0]);
    mkdirSync(story, { recursive: true });
    writeFileSync(join(story, 'prints.txt'), `${one}\n`, { flag: 'a' });
  }
  const { status, stdout } = spawnSync(process.execPath, ['compare.mjs', join(folder, 'screenshots'), join(folder, 'accepted.txt'), ...words], { cwd: new URL('.', import.meta.url), encoding: 'utf8' });
  return { status, stdout };
}

const accept = async () => compare([await line('desk', 'page'), await line('story', 'other')], '--accept');
const seen = async (changes) => compare([await line('desk', 'page', changes), await line('story', 'other')]);

test('chance, the clock and names change nothing', async () => {
  await accept();
  const others = { time: '10:58', token: 'W0x'.repeat(21), code: 'X08Q-5RBR-G3V9-9T3T', dots: 57 };
  for (const changes of [{}, others, { name: 'Eva Souza', email: 'eva.souza1@example.org' }]) {
    const { status, stdout } = await seen(changes);
    equal(status, 0, stdout);
  }
});

test('what changes on a page is named, and fails', async () => {
  await accept();
  const changes = {
    colour: { style: 'button { background: #0a7a3c !important }' }, padding: { style: 'button { padding-block: .8rem !important }' },
    label: { label: '' }, font: { style: 'h1 { font-weight: 400 !important }' }, words: { last: 'Call us at any hour that you like.' },
    hidden: { button: 'style="visibility: hidden"' }, border: { style: 'input { border-color: transparent !important }' },
  };
  for (const [what, change] of Object.entries(changes)) {
    const { status, stdout } = await seen(change);
    equal(status, 1, `${what}: ${stdout}`);
    match(stdout, /^desk\/page: /);
  }
});

test('a new picture fails, and one that is gone, of the stories that were told', async () => {
  await accept();
  const [page, other] = [await line('desk', 'page'), await line('story', 'other')];
  const added = compare([page, other, await line('desk', 'more')]);
  equal(added.status, 1);
  match(added.stdout, /^desk\/more: new$/m);
  const gone = compare([page]);
  equal(gone.status, 1);
  match(gone.stdout, /^story\/other: gone$/m);
  equal(compare([page], 'desk').status, 0);
  notEqual(compare([], 'desk').status, 0);
});

test('where letters are drawn otherwise, pictures are not compared, and one that is gone fails', async () => {
  const [page, letters] = [await line('desk', 'page'), await line('letters', 'all')];
  compare([page, letters], '--accept');
  const [other, others] = [await line('desk', 'page', { label: '' }), await line('letters', 'all', { style: 'body { font-family: cursive !important; letter-spacing: 1px }' })];
  equal(compare([other, letters]).status, 1);
  const elsewhere = compare([other, others]);
  equal(elsewhere.status, 0, elsewhere.stdout);
  match(elsewhere.stdout, /other fonts/);
  equal(compare([others]).status, 1);
});

test('what was accepted is no difference any more', async () => {
  await accept();
  const changed = await line('desk', 'page', { label: '' });
  equal(compare([changed], '--accept').status, 0);
  equal(compare([changed]).status, 0);
});
