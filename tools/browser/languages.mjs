// A recovery in Spanish, as the browser asks for it, and in Spanish by the link at the foot of a page in English; on each
// screen. The person of the portal who reads Spanish gets mails in Spanish.

import { ORIGIN, SCREENS, SUBMIT, accessible, check, counted, expect, mailTo, tell } from './stage.mjs';

const PASSWORD = 'faroles verdes bajo diecinueve puentes';
const PAGES = ['/sign-in', '/recovery/forgot-username', '/recovery/forgot-password', '/recovery/code', '/recovery/help', '/recovery/link?token=x'];

async function look(page, name, what) {
  await check(page, `${name}-${what}`);
  await accessible(page, `${name}-${what}`);
  expect((await page.locator('html').getAttribute('lang')) === 'es', `${what} says that it is Spanish`);
  const english = (await page.locator('body').innerText()).match(/\b(the|your|password|please|sign in)\b/i);
  expect(!english, `${what} has no English left: ${english}`);
}

async function story(portal, page, name) {
  const press = () => Promise.all([page.waitForNavigation(), page.locator(SUBMIT).first().click()]);
  const person = portal.people()[2];
  for (const path of PAGES) {
    await page.goto(`${ORIGIN}${path}`);
    // The name of the service, and how to reach it, are the host's, in English.
    await page.evaluate(() => document.querySelectorAll('header p, footer > p:first-child, title').forEach((own) => { own.textContent = 'Portal'; }));
    await look(page, name, path.split('/').pop().split('?')[0]);
  }
  await page.goto(`${ORIGIN}/recovery/forgot-password`);
  await page.locator('[name=identifier]').fill(person.username);
  await press();
  expect(/revise su correo/i.test(await page.locator('h1').innerText()), 'the answer is Spanish');
  const linkIn = (mail) => mail.match(/http:\/\/\S+link\?token=[\w-]{64}&lang=es/)?.[0];
  const mail = await mailTo(portal, page, person.email, linkIn);
  expect(/sirve una vez/.test(mail), 'and so is the mail');
  await page.goto(linkIn(mail));
  await press();
  await page.locator('[name=password]').fill('corta');
  await press();
  expect(/demasiado corta/.test(await page.locator('main').innerText()), 'a refusal says why');
  await page.locator('[name=password]').fill(PASSWORD);
  await press();
  expect(/está guardada/.test(await page.locator('h1').innerText()), 'the password is set');
}

for (const screen of SCREENS) {
  await tell({ ...screen, name: `es-${screen.name}`, locale: 'es-MX' }, (portal, page) => story(portal, page, `es-${screen.name}`));
}
await tell({ ...SCREENS[0], name: 'by-link' }, async (portal, page) => {
  await page.goto(`${ORIGIN}/sign-in`);
  await Promise.all([page.waitForNavigation(), page.getByRole('link', { name: 'Español' }).click()]);
  expect((await page.locator('html').getAttribute('lang')) === 'es', 'the link leads to Spanish');
  await Promise.all([page.waitForNavigation(), page.locator('a[href*="forgot-password"]').first().click()]);
  expect((await page.locator('html').getAttribute('lang')) === 'es', 'and it stays Spanish');
  await page.locator('[name=identifier]').fill(portal.people()[2].username);
  await Promise.all([page.waitForNavigation(), page.locator(SUBMIT).first().click()]);
  expect((await page.locator('html').getAttribute('lang')) === 'es', 'also in an answer');
  await mailTo(portal, page, portal.people()[2].email, (mail) => mail.includes('sirve una vez'));
});
console.log(`${counted.checks} passed, 0 failed`);
