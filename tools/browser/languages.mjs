// A recovery in Spanish, as the browser asks for it, then security and the support desk, on each screen; and Spanish by the
// link at the foot of a page in English. The person of the portal who reads Spanish gets mails in Spanish.

import { Authenticator } from './authenticator.mjs';
import { Person } from './person.mjs';
import { ORIGIN, SCREENS, SUBMIT, counted, expect, mailTo, tell } from './stage.mjs';

const PASSWORD = 'faroles verdes bajo diecinueve puentes';
const PAGES = ['/sign-in', '/recovery/forgot-username', '/recovery/forgot-password', '/recovery/code', '/recovery/help', '/recovery/link?token=x'];

class Reader extends Person {
  constructor(portal, page, screen) {
    super(portal, page, screen, 'es');
    Object.assign(this, portal.people()[2]);
  }

  async look(what) {
    await super.look(what);
    expect((await this.page.locator('html').getAttribute('lang')) === 'es', `${what} says that it is Spanish`);
    const words = `${await this.page.title()} ${await this.page.locator('body').innerText()}`;
    const english = words.match(/\b(the|your|you|password|please|sign in|not|and|was|of)\b/i);
    expect(!english, `${what} has no English left: ${english}`);
  }

  async as(staff) {
    await this.to('/dev/staff');
    await this.press(new RegExp(`I am ${staff}`));
    await this.to('/recovery/desk');
  }

  async choose(fields) {
    for (const [field, value] of Object.entries(fields)) await this.page.locator(field).selectOption(value);
  }
}

async function recover(ana) {
  for (const path of PAGES) {
    await ana.to(path);
    await ana.look(path.split('/').pop().split('?')[0]);
  }
  await ana.to('/recovery/forgot-password');
  await ana.send({ identifier: ana.username });
  await ana.sees(/Abra el enlace del correo/);
  await ana.look('asked');
  const linkIn = (mail) => mail.match(/http:\/\/\S+link\?token=[\w-]{64}&lang=es/)?.[0];
  const mail = await mailTo(ana.portal, ana.page, ana.email, linkIn);
  expect(/sirve una vez/.test(mail), 'the mail is Spanish too');
  await ana.page.goto(linkIn(mail));
  await ana.look('link-from-mail');
  await ana.press(SUBMIT);
  await ana.look('new-password');
  await ana.send({ password: 'corta' });
  await ana.sees(/demasiado corta/);
  await ana.look('refused');
  await ana.send({ password: PASSWORD });
  expect(/está guardada/.test(await ana.page.locator('h1').innerText()), 'the password is set');
  await ana.look('set');
}

async function security(ana) {
  await ana.password(PASSWORD);
  await ana.look('home');
  await ana.to('/security');
  await ana.look('security');
  await ana.press('a[href^="/security/app"]');
  await ana.look('app');
  await ana.send({ label: 'Mi teléfono' });
  await ana.look('app-qr');
  await ana.send({ code: '000000' });
  await ana.look('app-wrong-code');
  const app = await Authenticator.scan(ana.page);
  await ana.send({ code: await ana.code(app) });
  await ana.look('codes');
  await ana.to('/security/codes');
  await ana.look('step-up');
  await ana.send({ password: 'no es', code: '000000' });
  await ana.look('step-up-refused');
  await ana.send({ password: PASSWORD, code: await ana.code(app) });
  await ana.look('security-codes');
  for (const part of ['questions', 'password', 'email']) {
    await ana.to(`/security/${part}`);
    await ana.look(`security-${part}`);
  }
  await ana.send({ address: `nuevo.${ana.email}` });
  await ana.look('email-code');
  await ana.to('/security');
  await ana.look('overview');
  await ana.press('a[href*="/remove?factor="]');
  await ana.look('remove');
  await ana.to('/');
  await ana.press('form[action^="/sign-out"] button');
  await ana.password(PASSWORD);
  await ana.look('second-step');
}

async function desk(ana) {
  await ana.to('/recovery/help');
  await ana.fill('text', 'Perdí mi teléfono y los códigos.');
  await ana.send({ reach: '+34 655 000 001' });
  await ana.look('help-sent');
  await ana.to('/recovery/desk');
  await ana.look('not-staff');
  await ana.as('ida');
  await ana.look('queue');
  await ana.press('.cases a');
  await ana.look('case');
  await ana.fill('account', ana.username);
  await ana.press('form[action*="/concern"] button');
  await ana.press('form[action*="/assign"] button');
  await ana.fill('text', 'Le llamamos.');
  await ana.press('form[action*="/note"] button');
  await ana.choose({ '#kind': 'photo_id_in_person', '#level': 'ial2', '#shown_need': 'lost_factor' });
  await ana.press('form[action*="/evidence"] button');
  await ana.look('evidence');
  await ana.as('jon');
  await ana.press('.cases a');
  await ana.choose({ '#need': 'lost_factor', '#to': { index: 1 } });
  await ana.look('to-decide');
  await ana.press('form[action*="/approve"] button');
  await ana.look('waits');
  const disownIn = (mail) => /acceso/i.test(mail) && mail.match(/http:\/\/\S+\/disown\?letter=\S+/)?.[0];
  await ana.page.goto(disownIn(await mailTo(ana.portal, ana.page, ana.email, disownIn)));
  await ana.look('was-it-not-you');
  await ana.press(SUBMIT);
  await ana.look('disowned');
}

for (const screen of SCREENS) {
  await tell({ ...screen, name: `es-${screen.name}`, locale: 'es-MX' }, async (portal, page) => {
    const ana = new Reader(portal, page, screen);
    await recover(ana);
    await security(ana);
    await desk(ana);
  });
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
