// The second factor in a browser: an app is enrolled by its QR code, the password is forgotten, and link plus code bring a
// new one, with the app bound as before. Then the phone is lost, and recovery codes, a new app and "is it still you?" follow;
// the password and the e-mail address are changed, and somebody says "this wasn't me". On each screen, each page is looked at.

import { Authenticator } from './authenticator.mjs';
import { Person } from './person.mjs';
import { ORIGIN, SCREENS, SUBMIT, accessible, check, counted, expect, mailTo, tell } from './stage.mjs';

const PASSWORDS = ['violet harbour tin whistle 7', 'nineteen quiet lanterns drift', 'a copper kettle under the willow'];
async function story(portal, page, screen) {
  const ana = new Person(portal, page, screen, 'protection');

  await ana.linkFromMail();
  await ana.press(/new password/i);
  await ana.send({ password: PASSWORDS[0] });
  await ana.password(PASSWORDS[0]);
  await ana.look('home');
  await ana.press(/go to security/i);
  await ana.look('overview-empty');

  const { app: first, address } = await ana.enrol('My phone', { looks: true });
  await ana.look('recovery-codes');
  const codes = await page.locator('.codes code').allInnerTexts();
  expect(codes.length === 10 && codes.every((code) => /^\w{4}-\w{4}-\w{4}-\w{4}$/.test(code)), `ten recovery codes: ${codes}`);
  await page.emulateMedia({ media: 'print' });
  await check(page, `protection-${ana.name}-printed-codes`);
  await page.emulateMedia({ media: null });
  await page.goto(address);
  await ana.look('app-nothing-to-confirm');
  await ana.to('/security');
  await ana.look('overview');
  const overview = await ana.text();
  expect(codes.every((code) => !overview.includes(code)), 'codes are shown once');
  await mailTo(portal, page, ana.email, (mail) => mail.includes('My phone'));

  // Forgotten: link plus code.
  await ana.signOut();
  await ana.linkFromMail();
  await ana.look('link');
  await ana.press(/new password/i);
  await ana.look('link-second-step');
  await ana.send({ code: '000000' });
  await ana.look('link-wrong-code');
  await ana.send({ code: await ana.code(first) });
  await ana.send({ password: PASSWORDS[1] });
  await ana.sees(/new password is set/i);
  await ana.password(PASSWORDS[0]);
  await ana.sees(/username or password is wrong/i);
  await ana.password(PASSWORDS[1]);
  await ana.look('second-step');
  await ana.send({ code: '000000' });
  await ana.look('second-step-wrong-code');
  await ana.send({ code: await ana.code(first) });
  await ana.sees(/welcome/i);
  await ana.to('/security');
  await ana.sees(/my phone/i);

  // Security questions stand behind a link too, after the code.
  await ana.press(/choose questions/i);
  await ana.look('questions');
  const answers = ['Mrs. Okonkwo', 'Lake Bohinj', 'under the stairs'];
  const choose = async (given) => {
    for (const [at, code] of ['first-teacher', 'learnt-to-swim', 'hiding-place'].entries()) {
      await page.locator(`[name=question-${at + 1}]`).selectOption(code);
      await ana.fill(`answer-${at + 1}`, given[at]);
    }
    await ana.press(SUBMIT);
  };
  await choose([answers[0], answers[0], answers[2]]);
  await ana.look('questions-refused');
  await choose(answers);
  await ana.look('overview-questions');
  const asked = await ana.linkFromMail();
  await ana.press(/new password/i);
  await ana.send({ code: await ana.code(first) });
  await ana.look('link-question');
  await ana.send({ answer: 'I do not know' });
  await ana.look('link-wrong-answer');
  const question = await page.locator('label[for=answer]').innerText();
  await ana.send({ answer: answers[question.includes('teacher') ? 0 : question.includes('swim') ? 1 : 2] });
  await ana.sees(/your new password/i);
  await page.goto(asked);
  await ana.sees(/choose a new password/i);

  // The phone is lost: a recovery code, another app, and the old one goes.
  await ana.to('/');
  await ana.signOut();
  await ana.password(PASSWORDS[1]);
  await ana.send({ code: codes[0].toUpperCase().replaceAll('-', ' ') });
  await ana.sees(/welcome/i);
  await ana.to('/security');
  await ana.sees(/9 of 10/i);
  const { app: second } = await ana.enrol('New phone', { looks: false });
  await ana.look('app-connected');
  await ana.to('/security');
  await ana.press(/remove my phone/i);
  await ana.look('remove');
  await ana.press(SUBMIT);
  await ana.look('removed');
  await ana.signOut();
  await ana.password(PASSWORDS[1]);
  await ana.send({ code: await ana.code(first) });
  await ana.sees(/not accepted/i);
  await ana.send({ code: codes[0] });
  await ana.sees(/not accepted/i);
  await ana.send({ code: await ana.code(second) });
  await ana.sees(/welcome/i);

  // A while later.
  portal.moveClock(20 * 60);
  await ana.to('/security/codes');
  await ana.look('step-up');
  await ana.send({ password: PASSWORDS[1], code: codes[0] });
  await ana.look('step-up-refused');
  await ana.send({ password: PASSWORDS[1], code: await ana.code(second) });
  await ana.look('new-codes');
  await ana.press(SUBMIT);
  const renewed = await page.locator('.codes code').allInnerTexts();
  expect(renewed.length === 10 && renewed.every((code) => !codes.includes(code)), 'ten other codes');

  await ana.to('/security/password');
  await ana.look('password');
  await ana.send({ present: 'not it', password: PASSWORDS[2] });
  await ana.look('password-wrong-present');
  await ana.send({ present: PASSWORDS[1], password: `${ana.given}${ana.family}${ana.year}` });
  await ana.look('password-refused');
  await ana.send({ present: PASSWORDS[1], password: PASSWORDS[2] });
  await ana.sees(/new password is set/i);
  await ana.to('/');
  await ana.sees(/sign in/i);
  await ana.password(PASSWORDS[2]);
  await ana.send({ code: await ana.code(second) });

  // Another address.
  const renamed = `new.${ana.email}`;
  await ana.to('/security/email');
  await ana.look('email');
  await page.locator('form').evaluate((form) => { form.noValidate = true; });
  await ana.send({ address: 'no address' });
  await ana.look('email-refused');
  await ana.send({ address: renamed });
  await ana.look('email-code');
  const codeIn = (mail) => mail.match(/\b[0-9A-Z]{4}-[0-9A-Z]{4}\b/)?.[0];
  const mail = await mailTo(portal, page, renamed, codeIn);
  await ana.to('/security');
  await ana.look('overview-email-waits');
  await ana.press(/type the code/i);
  await ana.send({ code: 'AAAA-AAAA' });
  await ana.look('email-wrong-code');
  await ana.send({ code: codeIn(mail) });
  await ana.look('email-changed');
  await ana.to('/security');
  await ana.sees(new RegExp(renamed.replaceAll('.', '\\.')));
  await mailTo(portal, page, ana.email, (told) => /address/i.test(told) && /\/disown\?letter=/.test(told));
  ana.email = renamed;

  // Somebody else asks, and the button of the mail stops it. An hour later, since an account gets three mails in one.
  portal.moveClock(60 * 60);
  const link = await ana.linkFromMail();
  const disownIn = (text) => text.includes(link) && text.match(/http:\/\/\S+\/disown\?letter=\S+/)?.[0];
  await page.goto(disownIn(await mailTo(portal, page, renamed, disownIn)));
  await ana.look('was-it-not-you');
  await ana.press(/wasn.t me/i);
  await ana.look('disowned');
  await page.goto(link);
  await ana.sees(/cannot be used/i);
  await ana.password(PASSWORDS[2]);
  await ana.send({ code: await ana.code(second) });
  await ana.to('/security');
  await ana.look('overview-on-hold');
}

for (const screen of SCREENS) await tell({ ...screen, name: `protection-${screen.name}` }, (portal, page) => story(portal, page, screen));
console.log(`${counted.checks} passed, 0 failed`);
