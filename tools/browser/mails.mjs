// Every mail that a story sent, as a mail program shows it: on a phone's width, in light and in dark; its text alone says all
// that its HTML says; nothing is loaded.

import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { ORIGIN, accessible, expect, shoot } from './stage.mjs';

const seen = new Set();

export async function lookAtMails(folder, browser, names) {
  // Of several mails with one subject the first one is looked at.
  const sent = (file) => statSync(file, { bigint: true }).mtimeNs;
  const files = readdirSync(folder).filter((name) => name.endsWith('.eml')).map((name) => join(folder, name));
  for (const file of files.sort((one, other) => Number(sent(one) - sent(other)))) {
    const mail = await PostalMime.parse(readFileSync(file));
    if (seen.has(mail.subject)) continue;
    seen.add(mail.subject);
    sameWords(mail);
    for (const colorScheme of ['light', 'dark']) await look(browser, mail, colorScheme, names);
  }
  expect(seen.size > 0, 'the story sent mails');
}

// Who reads text has every address and every word that matters: buttons are named above their addresses.
function sameWords(mail) {
  const addresses = (text) => [...new Set(text.match(/https?:\/\/[^\s"<]+/g) ?? [])].sort();
  const html = mail.html.replaceAll('&amp;', '&').replaceAll('&#38;', '&');
  expect(addresses(html).join(' ') === addresses(mail.text).join(' '), `${mail.subject}: text and HTML have the same addresses`);
  expect(!/<img|<script|<link|url\(/i.test(html), `${mail.subject}: nothing is loaded`);
}

async function look(browser, mail, colorScheme, names) {
  const name = `mail-${mail.subject.toLowerCase().replace(/[^a-z0-9áéíóúñ]+/g, '-').slice(0, 60)}-${colorScheme}`;
  const context = await browser.newContext({ viewport: { width: 320, height: 640 }, colorScheme });
  const page = await context.newPage();
  Object.assign(page, { window: page, names });
  await page.route('**/mail-as-shown', (route) => route.fulfill({ body: mail.html, contentType: 'text/html; charset=utf-8' }));
  await page.goto(`${ORIGIN}/mail-as-shown`);
  // The ground is the mail program's.
  await page.addStyleTag({ content: 'html { background: Canvas; color: CanvasText }' });
  await shoot(page, name);
  // A mail is no page: it has no landmarks and no main heading.
  await accessible(page, name, ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']);
  await context.close();
}
