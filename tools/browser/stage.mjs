// The portal as a process, and what every scene looks for on every page.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from './browser.mjs';
import { lookAtMails } from './mails.mjs';
import { story as script, take } from './picture.mjs';

const [binary, screenshots] = process.argv.slice(2);
const served = join(screenshots, '..', 'served', script);
rmSync(served, { recursive: true, force: true });
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PORT = 18080;
export const ORIGIN = `http://127.0.0.1:${PORT}`;
export const SUBMIT = 'main form button:not([type=button])';
export const counted = { checks: 0 };

export function expect(holds, what) {
  if (!holds) throw new Error(`not as told: ${what}`);
  counted.checks += 1;
}

export class Portal {
  constructor(data) {
    this.data = data;
    this.clockFile = join(data, 'clock');
    this.ahead = untilTheDay();
    writeFileSync(this.clockFile, String(this.ahead));
  }

  // Seconds of the portal's clock.
  now() {
    return Date.now() / 1000 + this.ahead;
  }

  moveClock(seconds) {
    this.ahead += seconds;
    writeFileSync(this.clockFile, String(this.ahead));
  }

  async start() {
    this.output = '';
    const flags = ['--listen', `127.0.0.1:${PORT}`, '--data', this.data, '--people', '50', '--clock-file', this.clockFile];
    this.process = spawn(binary, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.process.stdout.on('data', (text) => { this.output += text; });
    for (let tries = 0; tries < 200; tries += 1) {
      const up = await fetch(`${ORIGIN}/sign-in`).then((answer) => answer.ok, () => false);
      if (up) return;
      await pause(50);
    }
    throw new Error('the portal did not start');
  }

  async stop(signal) {
    const ended = new Promise((resolve) => { this.process.once('exit', (code) => resolve(code)); });
    this.process.kill(signal);
    return ended;
  }

  async killAndRestart() {
    await this.stop('SIGKILL');
    await this.start();
  }

  staffPassword(login) {
    return this.output.match(new RegExp(`^ +${login} +(\\S+)$`, 'm'))?.[1];
  }

  people() {
    const field = (block, name) => block.match(new RegExp(`${name} +(.+)`))?.[1].trim();
    return this.output.split('\n\n').filter((block) => block.includes('record number')).map((block) => {
      const [given, family] = field(block, 'name').split(' ');
      const [day, month, year] = field(block, 'date of birth').split(' ');
      return { given, family, day, month, year, record: field(block, 'record number'), email: field(block, 'e-mail'), username: field(block, 'username') };
    });
  }
}

// Every story begins on the same day of the year, at the same hour: dates on pages wrap as they did.
function untilTheDay() {
  const now = new Date();
  const day = (year) => Date.UTC(year, 8, 30, 10);
  const next = day(now.getUTCFullYear()) > now ? day(now.getUTCFullYear()) : day(now.getUTCFullYear() + 1);
  return Math.ceil((next - now) / 1000);
}

const desktop = { width: 1280, height: 900 };
const phone = { width: 320, height: 640 };
export const SCREENS = [
  { name: 'desktop-light', javaScript: true, viewport: desktop, dark: false },
  { name: 'phone-dark', javaScript: true, viewport: phone, dark: true },
  { name: 'phone-without-javascript', javaScript: false, viewport: phone, dark: false },
];

// A portal of its own and a browser on such a screen, for one story; afterwards both are gone.
export async function tell({ name, javaScript, viewport, dark, locale = 'en-US' }, story) {
  const data = mkdtempSync(join(tmpdir(), 'portal-'));
  const portal = new Portal(data);
  await portal.start();
  const browser = await launch();
  try {
    const looks = { viewport, locale, colorScheme: dark ? 'dark' : 'light' };
    const context = await browser.newContext({ javaScriptEnabled: javaScript, ...looks });
    const page = await context.newPage();
    // axe is a script: where there are none, it looks at the same page in another window, whose own scripts are taken out.
    page.window = javaScript ? page : await (await browser.newContext(looks)).newPage();
    const outside = [];
    page.on('request', (request) => { if (!request.url().startsWith(ORIGIN)) outside.push(request.url()); });
    page.on('response', (response) => { if (isPage(response)) page.kept = keep(response).then(() => true, () => false); });
    page.names = portal.people().flatMap(({ given, family, record, email, username }) => [given, family, record, email, username]);
    await story(portal, page);
    await lookAtMails(join(data, 'mail'), browser, page.names);
    expect(outside.length === 0, `nothing is loaded from elsewhere: ${outside}`);
    expect((await portal.stop('SIGTERM')) === 0, 'the portal stops in order');
  } finally {
    await browser.close();
    portal.process.kill('SIGKILL');
    rmSync(data, { recursive: true, force: true });
  }
  console.log(`story ${name} told`);
}

// The mail room is no page of the library's.
function isPage(response) {
  const document = response.request().resourceType() === 'document' && /text\/html/.test(response.headers()['content-type']);
  return document && !response.url().includes('/dev/');
}

// Each page as it was served, once, for the validator.
async function keep(response) {
  const html = await response.body();
  mkdirSync(served, { recursive: true });
  writeFileSync(join(served, `${createHash('sha256').update(html).digest('hex').slice(0, 16)}.html`), html);
}

export const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

export async function check(page, name) {
  await shoot(page, name);
  expect((await page.locator('h1').count()) === 1, `${name} has one heading`);
  expect((await page.kept) !== false, `${name} is kept for the validator`);
}

// A picture of the whole page, which must fit the width of the window.
export async function shoot(page, name) {
  await take(page, name);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wide <= 0, `${name} does not scroll sideways`);
}

// axe runs in the page's world through the debugger, so the page's own policy does not forbid it.
export async function accessible(shown, name, rules) {
  const only = rules ? JSON.stringify({ runOnly: rules }) : '{}';
  const page = shown.window;
  if (page !== shown) {
    const body = (await shown.content()).replace(/<script.*?<\/script>/gs, '');
    await page.route('**/shown', (route) => route.fulfill({ body, contentType: 'text/html; charset=utf-8' }));
    await page.goto(`${ORIGIN}/shown`);
    await page.unroute('**/shown');
  }
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Runtime.evaluate', { expression: axe });
  const { result } = await cdp.send('Runtime.evaluate', {
    expression: `axe.run(${only}).then((found) => JSON.stringify(found.violations.map((v) => [v.id, v.nodes.map((n) => n.html)])))`,
    awaitPromise: true,
    returnByValue: true,
  });
  await cdp.detach();
  expect(result.value === '[]', `${name} has no axe violations: ${result.value}`);
}

export async function mailTo(portal, page, address, wanted) {
  for (let tries = 0; tries < 200; tries += 1) {
    await page.goto(`${ORIGIN}/dev/mail`);
    const links = await page.locator('a').evaluateAll((all) => all.map((a) => a.href));
    for (const link of links.filter((href) => href.includes('/dev/mail/'))) {
      await page.goto(link);
      const text = await page.locator('main').innerText();
      if (text.includes(address) && wanted(text)) return text;
    }
    await pause(100);
  }
  throw new Error(`no mail to ${address}`);
}
