// The browser, and a page in it that complains about everything that must not happen.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';

import { AxeBuilder, chromium } from './packages.mjs';
import { PATIENCE } from './waiting.mjs';

/** Where a browser of the system may be. */
const PLACES = [
  process.env.TOOLGATE_BROWSER,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** What the browser itself says about a gateway that is down, which some tests stop. */
const OF_THE_NETWORK = /net::ERR_|Failed to load resource/;

/** How a page is opened where a test has no wishes. */
const USUAL = { path: '/', theme: 'light', width: 1200, height: 800, locale: 'en-GB' };

/** Starts the browser. */
export async function launch() {
  const executablePath = PLACES.find((place) => place && existsSync(place));
  assert(executablePath, 'No Chromium or Chrome is installed; set TOOLGATE_BROWSER to one.');
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** Waits until what is in view was drawn, which is when it counts as seen, and what follows is done. */
async function painted() {
  for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
  const moving = document.getAnimations().filter((one) => one instanceof CSSTransition);
  await Promise.allSettled(moving.map(({ finished }) => finished));
}

/** A signed-in page, and what it complained about. */
export class Session {
  complaints = [];

  constructor(context, page, gateway) {
    this.context = context;
    this.page = page;
    this.gateway = gateway;
    page.on('console', (message) => {
      const text = message.text();
      const bad = ['error', 'warning'].includes(message.type());
      if (bad && !OF_THE_NETWORK.test(text)) this.complaints.push(text);
    });
    page.on('pageerror', (error) => this.complaints.push(String(error.stack ?? error)));
  }

  /** Opens a page of the gateway's UI with a one-time code. */
  static async open(browser, gateway, wishes = {}) {
    const { path, theme, width, height, locale } = { ...USUAL, ...wishes };
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme: theme,
      locale,
      reducedMotion: 'reduce',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    context.setDefaultTimeout(PATIENCE);
    const page = await context.newPage();
    const session = new Session(context, page, gateway);
    await page.goto(await gateway.link(path));
    await session.settled();
    return session;
  }

  /** Goes to another page without loading anew. */
  async visit(path) {
    await this.page.evaluate((to) => (location.hash = to), path);
    await this.settled();
  }

  /** Waits until the screen is there with what it shows: a heading, and nothing still loading. */
  async settled() {
    await this.page.locator('h1').first().waitFor();
    await this.page.waitForFunction(
      () => !document.querySelector('main [aria-busy="true"], main .skeleton'),
    );
    await this.page.evaluate(() => document.fonts.ready.then(() => null));
    await this.page.evaluate(painted);
  }

  /** Fails when a person who sees or hears less is left out anywhere on the page. */
  async accessible(where) {
    const { violations } = await new AxeBuilder({ page: this.page }).analyze();
    const found = violations.map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .slice(0, 3)
          .map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary}`)
          .join('\n  ')}`,
    );
    assert.deepEqual(found, [], `${where} has barriers`);
  }

  /** Fails when something sticks out at the side. */
  async fits(where) {
    const sticksOut = await this.page.evaluate(() => {
      const main = document.querySelector('main');
      const beyond = (element) => (element ? element.scrollWidth - element.clientWidth : 0);
      return Math.max(beyond(main), beyond(document.documentElement));
    });
    assert(sticksOut <= 0, `${where} is ${sticksOut} px too wide`);
  }

  /** Fails when the page complained: errors, breaches of its policy, exceptions. */
  quiet() {
    assert.deepEqual(this.complaints, []);
  }

  async close() {
    await this.context.close();
  }
}
