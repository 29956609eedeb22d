// Everything without a mouse: no test here sends a single event of a pointer.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { launch, Session } from './browser.mjs';
import { Gateway, fake } from './gateway.mjs';
import { until } from './waiting.mjs';

let gateway;
let browser;
let session;
let page;
let keys;

before(async () => {
  [gateway, browser] = await Promise.all([
    Gateway.start({ mcpServers: { time: fake() } }),
    launch(),
  ]);
  await gateway.server('time', 'ready');
});

beforeEach(async () => {
  session = await Session.open(browser, gateway);
  page = session.page;
  keys = page.keyboard;
  await page.evaluate(() => {
    window.pointed = [];
    for (const kind of ['pointerdown', 'mousedown', 'touchstart']) {
      addEventListener(kind, () => window.pointed.push(kind), { capture: true });
    }
  });
});

afterEach(async () => {
  assert.deepEqual(await page.evaluate(() => window.pointed), [], 'the mouse was used');
  session.quiet();
  await session.close();
});

after(async () => {
  await browser?.close();
  await gateway?.close();
});

/** What has the focus, as a screen reader would name it. */
function focused() {
  return page.evaluate(() => {
    const { activeElement: element } = document;
    const label = element.labels?.[0]?.textContent ?? element.getAttribute('aria-label');
    return (label ?? element.textContent).trim().replace(/\s+/g, ' ');
  });
}

/** Presses Tab until what is focused has this name. */
async function tabTo(name) {
  const seen = [];
  for (let step = 0; step < 120; step += 1) {
    const here = await focused();
    if (typeof name === 'string' ? here === name : name.test(here)) return;
    seen.push(here.slice(0, 40));
    await keys.press('Tab');
  }
  throw new Error(`the keyboard does not reach ${name}; it reaches ${seen.join(' | ')}`);
}

/** Presses keys one after the other, as in `g s`. */
async function type(...names) {
  for (const name of names) await keys.press(name);
}

/** Waits for the page with this heading. */
async function arrived(heading) {
  await page.getByRole('heading', { level: 1, name: heading }).waitFor();
  await session.settled();
}

test('two letters lead to every page', async () => {
  const pages = { s: 'Servers', r: 'Review', c: 'Clients', t: 'Tools', a: 'Activity', l: 'Logs' };
  for (const [letter, heading] of Object.entries(pages)) {
    await type('g', letter);
    await arrived(heading);
    assert.equal(await focused(), heading, 'the focus goes along');
  }
});

test('the palette finds pages, servers and what can be done with them', async () => {
  await keys.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'Command palette' });
  await palette.waitFor();
  await session.accessible('the palette');
  await keys.type('restart time');
  await palette.getByRole('option', { name: /Restart: time/ }).waitFor();
  const before = (await gateway.api('GET', '/status')).servers[0].starts;
  await keys.press('Enter');
  await palette.waitFor({ state: 'detached' });
  await gateway.snapshot('it was started again', ({ servers }) => servers[0].starts > before);
  await keys.press('Control+k');
  await palette.waitFor();
  await keys.press('Escape');
  await palette.waitFor({ state: 'detached' });
});

test('a question mark shows all shortcuts', async () => {
  await keys.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await dialog.waitFor();
  await session.accessible('the shortcuts');
  assert(await dialog.getByText('Go to Servers').count());
  await keys.press('Escape');
  await dialog.waitFor({ state: 'detached' });
});

test('the first stop of the keyboard skips to the content', async () => {
  await page.evaluate(() => document.activeElement.blur());
  await keys.press('Tab');
  assert.equal(await focused(), 'Skip to the content');
  await keys.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
});

test('letters typed into a field are no shortcuts', async () => {
  await type('g', 's');
  await arrived('Servers');
  await keys.press('/');
  await keys.type('gt?');
  assert.equal(await page.getByLabel('Filter servers').inputValue(), 'gt?');
  assert.equal(await page.getByRole('dialog').count(), 0);
});

test('where the focus is can be seen', async () => {
  await type('g', 's');
  await arrived('Servers');
  await tabTo('Add a server');
  const outline = await page.evaluate(() => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement);
    return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 ? 'seen' : boxShadow;
  });
  assert.notEqual(outline, 'none');
});

test('add a server, call its tool, read its log, switch it off', async () => {
  const { command } = fake();
  await type('g', 'n');
  await arrived('Add a server');
  await tabTo('Paste anything');
  await keys.press('ArrowRight');
  await tabTo('Command line');
  await keys.type(`${command} --stderr it-is-alive`);
  await tabTo('Name');
  await keys.press('Control+a');
  await keys.type('fresh');
  await tabTo('Add server');
  await keys.press('Enter');
  await gateway.server('fresh', 'ready');

  await keys.press('Control+k');
  await keys.type('open server fresh');
  await page.getByRole('option', { name: 'Open server fresh' }).waitFor();
  await keys.press('Enter');
  await arrived('fresh');
  await call();
  await log();

  await keys.press('Control+k');
  await keys.type('switch off fresh');
  await page.getByRole('option', { name: 'Switch off: fresh' }).waitFor();
  await keys.press('Enter');
  await gateway.server('fresh', 'disabled');
});

/** Calls `add` of the server that is shown. */
async function call() {
  await tabTo('Overview');
  await keys.press('ArrowRight');
  await session.settled();
  await tabTo(/^add\b/);
  await keys.press('Enter');
  await tabTo(/^a\b/);
  await keys.type('20');
  await tabTo(/^b\b/);
  await keys.type('22');
  await tabTo(/^Call/);
  await keys.press('Enter');
  await page.getByText('42', { exact: true }).first().waitFor();
}

/** Reads the log of the server that is shown. */
async function log() {
  await page.evaluate(() => (location.hash = '/servers/fresh/logs'));
  const line = page.getByText('it-is-alive');
  await until('the log is shown', async () => (await line.count()) > 0);
}
