// Password and phone are both lost: the person writes to the desk, two of the staff decide, the waiting time passes, and one
// link leads to a new password without the old app. Then a case that its person did not ask for, and a button that ends it.

import { Person } from './person.mjs';
import { ORIGIN, SCREENS, counted, expect, mailTo, pause, tell } from './stage.mjs';

const PASSWORDS = ['violet harbour tin whistle 7', 'nineteen quiet lanterns drift'];
const DAY = 24 * 3600;

class Story extends Person {
  async as(staff) {
    await this.to('/dev/staff');
    await this.press(new RegExp(`I am ${staff}`));
  }

  async openCase() {
    await this.to('/recovery/desk');
    await this.press('.cases a');
  }

  async choose(fields) {
    for (const [field, value] of Object.entries(fields)) await this.page.locator(`select[name=${field}]:visible`).last().selectOption(value);
  }

  // Evidence by one, the decision by the other; the case waits then.
  async decide(need, { looks }) {
    await this.choose({ kind: 'photo_id_in_person', level: 'ial2' });
    await this.page.locator('#shown_need').selectOption(need);
    await this.press(/^Record$/);
    if (looks) await this.look('evidence');
    expect((await this.page.locator('#approve').count()) === 0, 'who recorded the evidence does not decide');
    await this.as('jon');
    await this.openCase();
    if (looks) await this.look('to-decide');
    await this.page.locator('#need').selectOption(need);
    await this.page.locator('#to').selectOption({ index: 1 });
    await this.press(/^Agree$/);
    await this.sees(/Approved, and waits until/);
    if (looks) await this.look('waits');
  }
}

async function story(portal, page, screen) {
  const ana = new Story(portal, page, screen, 'desk');
  await ana.linkFromMail();
  await ana.press(/new password/i);
  await ana.send({ password: PASSWORDS[0] });
  await ana.password(PASSWORDS[0]);
  await ana.enrol('My phone', { looks: false });
  await ana.signOut();

  await ana.to('/recovery/help');
  await ana.look('help');
  await ana.fill('text', 'My phone is gone, and the codes with it.');
  await ana.send({ reach: '+34 655 000 001' });
  await ana.look('help-sent');

  await ana.to('/recovery/desk');
  await ana.sees(/for our staff/);
  await ana.look('not-staff');
  await ana.as('ida');
  await ana.look('queue');
  await ana.openCase();
  await ana.look('case');
  await ana.sees(/My phone is gone/);
  await ana.fill('account', ana.username);
  await ana.press(/about this account/);
  await ana.press(/^Assign$/);
  await ana.fill('text', 'Called back.');
  await ana.press(/add the note/i);
  await ana.decide('lost_factor', { looks: true });
  await mailTo(portal, page, ana.email, (mail) => /wasn't me|wasn’t me/.test(mail) && /about to get access/i.test(mail));

  const linkIn = (mail) => mail.match(/http:\/\/\S+link\?token=[\w-]{64}/)?.[0];
  const isNew = (mail) => linkIn(mail) && !ana.links.has(linkIn(mail));
  portal.moveClock(DAY + 60);
  const link = linkIn(await mailTo(portal, page, ana.email, isNew));
  await page.goto(link);
  await ana.press(/new password/i);
  expect((await page.locator('[name=password]').count()) === 1, 'nobody asks for the lost app');
  await ana.send({ password: PASSWORDS[1] });
  await ana.look('new-password-set');
  await ana.password(PASSWORDS[1]);
  await ana.look('signed-in-without-the-app');
  await ana.to('/security');
  expect(!(await ana.text()).includes('My phone'), 'the lost app is off');
  await ana.signOut();
  await ana.as('jon');
  await ana.to('/recovery/desk');
  await ana.sees(/No case is open/);

  // Nobody asked for this one.
  await ana.as('ida');
  await ana.to('/recovery/desk');
  await ana.fill('account', ana.username);
  await ana.press(/^Open a case$/);
  await ana.press(/^Assign$/);
  await ana.decide('password', { looks: false });
  const disownIn = (mail) => /about to get access/i.test(mail) && mail.match(/http:\/\/\S+\/disown\?letter=\S+/)?.[0];
  const button = disownIn(await mailTo(portal, page, ana.email, disownIn));
  await page.goto(button);
  await ana.look('was-it-not-you');
  await ana.press(/wasn.t me/i);
  await ana.look('disowned');
  await ana.as('jon');
  await ana.to('/recovery/desk');
  await ana.look('queue-after');
  portal.moveClock(2 * DAY);
  await pause(1500);
  await page.goto(`${ORIGIN}/dev/mail`);
  await ana.password(PASSWORDS[1]);
  await ana.sees(/go to security/i);
}

for (const screen of SCREENS) await tell(screen, (portal, page) => story(portal, page, screen));
console.log(`${counted.checks} passed, 0 failed`);
