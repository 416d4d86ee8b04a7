// A person in front of the browser, and what they do in every story.

import { Authenticator } from './authenticator.mjs';
import { ORIGIN, SUBMIT, accessible, check, expect, mailTo } from './stage.mjs';

const STEP = 30;

export class Person {
  constructor(portal, page, { name }, story) {
    Object.assign(this, { portal, page, name, story, looked: 0, links: new Set() });
    Object.assign(this, portal.people()[0]);
  }

  // A picture, one heading, no sideways scrolling, no axe violation.
  async look(what) {
    this.looked += 1;
    const name = `${this.story}-${this.name}-${String(this.looked).padStart(2, '0')}-${what}`;
    await check(this.page, name);
    await accessible(this.page, name);
  }

  text() {
    return this.page.locator('main').innerText();
  }

  async sees(what) {
    const text = await this.text();
    expect(what.test(text), `the page says ${what}: ${text}`);
  }

  async press(what) {
    const button = typeof what === 'string' ? this.page.locator(what).first() : this.page.getByRole('button', { name: what }).or(this.page.getByRole('link', { name: what })).first();
    await Promise.all([this.page.waitForNavigation(), button.click()]);
  }

  fill(field, value) {
    return this.page.locator(`[name=${field}]`).fill(value);
  }

  async send(fields) {
    for (const [field, value] of Object.entries(fields)) await this.fill(field, value);
    await this.press(SUBMIT);
  }

  to(path) {
    return this.page.goto(`${ORIGIN}${path}`);
  }

  // The next code of an app: each works once, so the portal's clock goes on instead of ours.
  code(app) {
    return app.code(() => this.portal.now(), () => this.portal.moveClock(STEP));
  }

  async linkFromMail() {
    await this.to('/sign-in');
    await this.press(/forgot your password/i);
    await this.send({ identifier: this.username });
    const linkIn = (mail) => mail.match(/http:\/\/\S+link\?token=[\w-]{64}/)?.[0];
    const link = linkIn(await mailTo(this.portal, this.page, this.email, (mail) => linkIn(mail) && !this.links.has(linkIn(mail))));
    this.links.add(link);
    await this.page.goto(link);
    return link;
  }

  async password(password) {
    await this.to('/sign-in');
    await this.send({ identifier: this.username, password });
  }

  async signOut() {
    await this.to('/');
    await this.press(/sign out/i);
  }

  // From the overview to an app that shows codes.
  async enrol(label, { looks }) {
    await this.to('/security');
    await this.press(/add (an|another) app/i);
    if (looks) await this.look('app-name');
    await this.send({ label });
    const address = this.page.url();
    const app = await Authenticator.scan(this.page);
    if (looks) {
      await this.look('app-qr');
      await this.page.locator('summary').click();
      const key = await this.page.locator('#secret').innerText();
      expect(key.replace(/\s/g, '') === app.text.replace(/\s/g, ''), 'the key for typing is that of the QR code');
      await this.page.reload();
      expect((await Authenticator.scan(this.page)).text === app.text, 'a reload shows the same QR code');
      await this.send({ code: '000000' });
      await this.look('app-wrong-code');
      expect((await Authenticator.scan(this.page)).text === app.text, 'and so does a wrong code');
    }
    await this.send({ code: await this.code(app) });
    return { app, address };
  }
}
