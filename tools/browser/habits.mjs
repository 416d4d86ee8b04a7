// What people do to pages: the back button, a reload of an answer, a double click, two tabs, a page that was left open, the
// keyboard alone. Each has a sensible page, nothing is done twice, and nothing is lost.

import { ORIGIN, SUBMIT, accessible, check, counted, expect, mailTo, pause, tell } from './stage.mjs';

const PASSWORDS = ['violet harbour tin whistle 7', 'nineteen quiet lanterns drift', 'a copper kettle under the willow', 'seven slow ferries to nowhere', 'plum stones and a broken clock', 'the owl forgot its umbrella again', 'forty marbles beneath a carpet'];
const fresh = () => PASSWORDS.shift();
const known = new Set();

// The link of a mail that no scene has seen.
function linkIn(mail) {
  const link = mail.match(/http:\/\/\S+link\?token=[\w-]{64}/)?.[0];
  return known.has(link) ? undefined : link;
}

async function linkTo(portal, page, person) {
  const link = linkIn(await mailTo(portal, page, person.email, linkIn));
  known.add(link);
  return link;
}

const SCREEN = { name: 'habits', javaScript: true, viewport: { width: 320, height: 640 }, dark: false };

const text = (page) => page.locator('main').innerText();
const press = (page, target) => Promise.all([page.waitForNavigation(), target.click()]);

async function sees(page, what, where) {
  expect(what.test(await text(page)), `${where}: ${await text(page)}`);
}

async function look(page, name) {
  await check(page, `habits-${name}`);
  await accessible(page, `habits-${name}`);
}

async function ask(page, identifier) {
  await page.goto(`${ORIGIN}/recovery/forgot-password`);
  await page.locator('[name=identifier]').fill(identifier);
  await press(page, page.locator(SUBMIT).first());
}

async function mails(page) {
  await page.goto(`${ORIGIN}/dev/mail`);
  return page.locator('a[href*="/dev/mail/"]').count();
}

// The person's first link in these minutes; asks beyond the budget send nothing, so each scene takes a person of its own.
async function freshLink(portal, page, person) {
  await ask(page, person.username);
  return linkTo(portal, page, person);
}

async function theBackButton(portal, page, person) {
  await ask(page, person.username);
  await sees(page, /if/i, 'the one answer');
  await page.goBack();
  expect(await page.locator('[name=identifier]').isVisible(), 'back leads to the form');
  const link = await linkTo(portal, page, person);
  await page.goto(link);
  await press(page, page.getByRole('button', { name: /new password/i }));
  await page.goBack();
  await sees(page, /open the link in the mail once more/i, 'back from the form, where the address has no token, says what to do');
  expect(!page.url().includes('token'), 'and its address has no token');
  await page.goto(link);
  await press(page, page.getByRole('button', { name: /new password/i }));
  await page.locator('[name=password]').fill(fresh());
  await press(page, page.locator(SUBMIT).first());
  await sees(page, /new password is set/i, 'set');
  // Nothing of it is kept (no-store): the browser shows a page of its own instead.
  const kept = await page.goBack().then(() => true, (error) => { if (/ERR_CACHE_MISS/.test(error.message)) return false; throw error; });
  expect(!kept, 'the form for the new password is not kept');
  await pause(500);
  await page.goto(link);
  await look(page, 'opened-after-the-end');
  await sees(page, /cannot be used/i, 'the link is used');
}

async function aReload(portal, page, person) {
  await ask(page, person.username);
  const link = await linkTo(portal, page, person);
  const before = await mails(page);
  await ask(page, 'nobody-at-all');
  await page.reload();
  await sees(page, /mail/i, 'a reloaded answer is the same answer');
  await page.goto(link);
  await press(page, page.getByRole('button', { name: /new password/i }));
  await page.locator('[name=password]').fill(fresh());
  await press(page, page.locator(SUBMIT).first());
  await page.reload();
  await look(page, 'end-reloaded');
  expect(!/problem|error|wrong/i.test(await page.locator('h1').innerText()), `a reload of the end frightens nobody: ${await text(page)}`);
  await pause(1500);
  expect((await mails(page)) === before + 1, 'one notice of the new password, not two');
}

async function aDoubleClick(portal, page, person) {
  const password = fresh();
  const link = await freshLink(portal, page, person);
  await page.goto(link);
  await press(page, page.getByRole('button', { name: /new password/i }));
  await page.locator('[name=password]').fill(password);
  const button = page.locator(SUBMIT).first();
  await Promise.all([page.waitForNavigation(), button.dblclick({ noWaitAfter: true })]);
  await page.waitForLoadState();
  await pause(1500);
  await look(page, 'double-click');
  await page.goto(`${ORIGIN}/sign-in`);
  await page.locator('[name=identifier]').fill(person.username);
  await page.locator('[name=password]').fill(password);
  await press(page, page.locator(SUBMIT).first());
  await sees(page, /welcome/i, 'a double click sets the password, once');
}

async function twoTabs(portal, page, person) {
  const link = await freshLink(portal, page, person);
  const other = await page.context().newPage();
  for (const tab of [page, other]) {
    await tab.goto(link);
    await press(tab, tab.getByRole('button', { name: /new password/i }));
  }
  await page.locator('[name=password]').fill(fresh());
  await press(page, page.locator(SUBMIT).first());
  await sees(page, /new password is set/i, 'the first tab sets it');
  await other.locator('[name=password]').fill(fresh());
  await press(other, other.locator(SUBMIT).first());
  await sees(other, /cannot be used|ended|no longer/i, 'the second tab says that the link is used');
  await other.close();
}

async function leftOpen(portal, page, person) {
  const link = await freshLink(portal, page, person);
  await page.goto(link);
  await press(page, page.getByRole('button', { name: /new password/i }));
  portal.moveClock(24 * 3600);
  await page.locator('[name=password]').fill(fresh());
  await press(page, page.locator(SUBMIT).first());
  await look(page, 'left-open');
  await sees(page, /cannot be used|expired/i, 'a page that lay open for a day says what to do');
  expect((await page.getByRole('link', { name: /new link|password/i }).count()) > 0, 'and leads to a new link');
}

// Tab until this is in focus: what the keyboard cannot reach, it cannot do.
async function tabTo(page, wanted) {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((selector) => document.activeElement?.matches(selector), wanted)) {
      const outlined = await page.evaluate(() => {
        const style = getComputedStyle(document.activeElement);
        return style.outlineStyle !== 'none' || style.boxShadow !== 'none';
      });
      expect(outlined, `${wanted} shows that it is in focus`);
      return;
    }
  }
  throw new Error(`the keyboard does not reach ${wanted}`);
}

async function theKeyboardAlone(portal, page, person) {
  const type = async (selector, value) => { await tabTo(page, selector); await page.keyboard.type(value); };
  const enter = () => Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  await page.goto(`${ORIGIN}/sign-in`);
  await tabTo(page, 'a[href$="/forgot-username"]');
  await enter();
  await type('[name=given_name]', person.given);
  await type('[name=family_name]', person.family);
  await type('[name=birth_day]', person.day);
  await type('[name=birth_month]', person.month);
  await type('[name=birth_year]', person.year);
  await type('[name=record_number]', person.record);
  await enter();
  await mailTo(portal, page, person.email, (mail) => mail.includes(person.username) && /your username/i.test(mail));
  await page.goto(`${ORIGIN}/recovery/forgot-password`);
  await type('[name=identifier]', person.username);
  await enter();
  await page.goto(await linkTo(portal, page, person));
  await tabTo(page, SUBMIT);
  await enter();
  await type('[name=password]', person.family);
  await enter();
  const focused = await page.evaluate(() => document.activeElement?.name ?? document.activeElement?.getAttribute('role'));
  expect(['password', 'alert'].includes(focused), `after a refusal the focus is where the problem is: ${focused}`);
  if (focused !== 'password') await tabTo(page, '[name=password]');
  await page.keyboard.type(fresh());
  await enter();
  await sees(page, /new password is set/i, 'the whole way by keyboard');
}

const SCENES = [theBackButton, aReload, aDoubleClick, twoTabs, theKeyboardAlone, leftOpen];
await tell(SCREEN, async (portal, page) => {
  const people = portal.people();
  expect(people.length >= 3, 'the portal prints people to try');
  for (const [at, scene] of SCENES.entries()) {
    // A person's budget of mails comes back with time.
    if (at > 0 && at % people.length === 0) portal.moveClock(2 * 24 * 3600);
    await scene(portal, page, people[at % people.length]);
    console.log(`${scene.name} told`);
  }
});
console.log(`${counted.checks} passed, 0 failed`);
