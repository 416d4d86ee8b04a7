// The whole story in a browser: forgot username, mail, forgot password, mail, link, weak password, strong password,
// sign-in; then the old password and the used link. With and without JavaScript, on a desktop and on a phone, in light and
// in dark. Between each two steps the portal is killed with SIGKILL and started again.

import { ORIGIN, SCREENS, SUBMIT, accessible, check, counted, expect, mailTo, pause, tell } from './stage.mjs';

const STRONG = ['violet harbour tin whistle 7', 'nineteen quiet lanterns drift'];

// What is typed slowly is judged in each pause; without JavaScript nothing is there.
async function meter(page, { name, javaScript, look, password }) {
  const bar = page.locator('[role=meter]');
  const said = page.locator('.strength [role=status]');
  const field = page.locator('[name=password]');
  if (!javaScript) {
    await field.fill('lantern');
    expect((await bar.count()) + (await said.count()) === 0, 'without JavaScript there is no meter');
    await field.fill('');
    return;
  }
  const asked = [];
  page.on('request', (request) => { if (request.url().includes('password-strength')) asked.push(request); });
  expect(!(await bar.isVisible()), 'an empty field has no meter');
  await field.pressSequentially('lantern', { delay: 60 });
  await said.getByText(/at least 15 characters/i).waitFor();
  expect(asked.length === 1, `one pause, one question: ${asked.length}`);
  const weak = Number(await bar.getAttribute('aria-valuenow'));
  await look('8a-weak');
  await field.pressSequentially(' lantern lantern', { delay: 60 });
  await said.getByText(/said twice/i).waitFor();
  await field.fill(password);
  await said.getByText(/strong enough/i).waitFor();
  const strong = Number(await bar.getAttribute('aria-valuenow'));
  expect(weak < 50 && strong === 100, `the bar says the same as the text: ${weak}, ${strong}`);
  await look('8b-strong');
  const before = asked.length;
  await field.fill('');
  expect(!(await bar.isVisible()) && (await said.innerText()) === '', 'an empty field has no meter again');
  await pause(600);
  expect(asked.length === before, 'an empty field asks nothing');
  const sent = asked.every((request) => request.method() === 'POST' && !request.url().includes('token'));
  expect(sent, `${name}: what is typed is in no address`);
}

async function story(portal, page, { name, javaScript, kill }) {
  const step = async () => { if (kill) await portal.killAndRestart(); };
  const person = portal.people()[0];
  expect(person.username, 'the portal prints people to try');
  const look = async (what) => {
    await check(page, `${name}-${what}`);
    await accessible(page, `${name}-${what}`);
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
      await meter(page, { name, javaScript, look, password });
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
}

for (const [at, screen] of SCREENS.entries()) {
  STRONG.used = undefined;
  const told = { ...screen, kill: at === 0 };
  await tell(told, (portal, page) => story(portal, page, told));
}
console.log(`${counted.checks} passed, 0 failed`);
