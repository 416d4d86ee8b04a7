// The whole story in a browser: forgot username, mail, forgot password, mail, link, weak password, strong password,
// sign-in; then the old password and the used link. With and without JavaScript, on a desktop and on a phone, in light and
// in dark. Between each two steps the portal is killed with SIGKILL and started again.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { ORIGIN, Portal, SUBMIT, accessible, check, counted, expect, mailTo } from './stage.mjs';

const STRONG = ['violet harbour tin whistle 7', 'nineteen quiet lanterns drift'];

async function story({ name, javaScript, viewport, dark, kill }) {
  const data = mkdtempSync(join(tmpdir(), 'portal-'));
  const portal = new Portal(data);
  await portal.start();
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  const step = async () => { if (kill) await portal.killAndRestart(); };
  try {
    const person = portal.people()[0];
    expect(person.username, 'the portal prints people to try');
    const context = await browser.newContext({ javaScriptEnabled: javaScript, viewport, colorScheme: dark ? 'dark' : 'light' });
    const page = await context.newPage();
    const outside = [];
    page.on('request', (request) => { if (!request.url().startsWith(ORIGIN)) outside.push(request.url()); });
    const look = async (what) => {
      await check(page, `${name}-${what}`);
      if (javaScript) await accessible(page, `${name}-${what}`);
    };
    const press = (button) => Promise.all([page.waitForNavigation(), button.click()]);
    const text = () => page.locator('main').innerText();

    await page.goto(`${ORIGIN}/sign-in`);
    await look('1-sign-in');
    await step();
    await press(page.getByRole('link', { name: /username/i }));
    await look('2-forgot-username');
    await page.locator('[name=given_name]').fill(person.given);
    await page.locator('[name=family_name]').fill(person.family);
    await page.locator('[name=birth_day]').fill(person.day);
    await page.locator('[name=birth_month]').selectOption({ label: person.month });
    await page.locator('[name=birth_year]').fill(person.year);
    await page.locator('[name=record_number]').fill(person.record);
    await press(page.locator(SUBMIT).first());
    await look('3-username-asked');
    expect(!(await text()).includes(person.username), 'the username is not on the screen');
    await step();
    await mailTo(portal, page, person.email, (mail) => mail.includes(person.username) && /your username/i.test(mail));
    await check(page, `${name}-4-username-mail`);
    await step();

    for (const [round, password] of STRONG.entries()) {
      await page.goto(`${ORIGIN}/sign-in`);
      await press(page.getByRole('link', { name: /password/i }));
      if (round === 0) await look('5-forgot-password');
      await page.locator('[name=identifier]').fill(round === 0 ? person.username : person.email);
      await press(page.locator(SUBMIT).first());
      if (round === 0) await look('6-password-asked');
      await step();
      const used = STRONG.used ?? '';
      const linkIn = (mail) => mail.match(/http:\/\/\S+token=[\w-]{64}/)?.[0];
      const link = linkIn(await mailTo(portal, page, person.email, (mail) => linkIn(mail) && linkIn(mail) !== used));
      STRONG.used = link;
      await step();
      for (let reloads = 0; reloads < 3; reloads += 1) await page.goto(link);
      if (round === 0) await look('7-link');
      if (javaScript) expect(!page.url().includes('token'), 'the token is gone from the address bar');
      await step();
      await press(page.getByRole('button', { name: /new password/i }));
      expect(!page.url().includes('token'), 'the token is not in the address of the form');
      if (round === 0) {
        await look('8-new-password');
        await page.locator('[name=password]').fill(`${person.given}${person.family}${person.year}`);
        await press(page.locator(SUBMIT).first());
        await look('9-refused');
        expect((await page.locator('[role=alert]').count()) > 0, 'a weak password is refused with reasons');
        expect((await page.locator('[name=password]').inputValue()) === '', 'the refused password is not kept');
        await step();
      }
      await page.locator('[name=password]').fill(password);
      await press(page.locator(SUBMIT).first());
      if (round === 0) await look('10-done');
      expect(/new password is set/i.test(await text()), `the strong password is accepted: ${await text()}`);
      await step();
      await page.goto(link);
      if (round === 0) await look('11-used-link');
      expect(/cannot be used/i.test(await text()), 'the used link is dead');
      await page.goto(`${ORIGIN}/sign-in`);
      await page.locator('[name=identifier]').fill(person.username);
      await page.locator('[name=password]').fill(password);
      await press(page.locator(SUBMIT).first());
      expect(/welcome/i.test(await text()), 'the new password signs in');
      if (round === 0) await look('12-signed-in');
      await step();
      await page.goto(`${ORIGIN}/`);
      expect(/welcome/i.test(await text()), 'the session lives on after a crash');
    }
    await press(page.getByRole('button', { name: /sign out/i }));
    await page.locator('[name=identifier]').fill(person.username);
    await page.locator('[name=password]').fill(STRONG[0]);
    await press(page.locator(SUBMIT).first());
    await look('13-old-password');
    expect(!/welcome/i.test(await text()), 'the old password is refused');
    await mailTo(portal, page, person.email, (mail) => /was changed/i.test(mail));
    expect(outside.length === 0, `nothing is loaded from elsewhere: ${outside}`);
    expect((await portal.stop('SIGTERM')) === 0, 'the portal stops in order');
  } finally {
    await browser.close();
    portal.process.kill('SIGKILL');
    rmSync(data, { recursive: true, force: true });
  }
}

const desktop = { width: 1280, height: 900 };
const phone = { width: 320, height: 640 };
const stories = [
  { name: 'desktop-light', javaScript: true, viewport: desktop, dark: false, kill: true },
  { name: 'phone-dark', javaScript: true, viewport: phone, dark: true, kill: false },
  { name: 'phone-without-javascript', javaScript: false, viewport: phone, dark: false, kill: false },
];
for (const told of stories) {
  STRONG.used = undefined;
  await story(told);
  console.log(`story ${told.name} told`);
}
console.log(`${counted.checks} passed, 0 failed`);
