// Reviewing what is held, against a gateway that only pretends: what was seen is what is decided.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { launch, Session } from './browser.mjs';
import { Pretend } from './pretend.mjs';
import { until } from './waiting.mjs';

let gateway;
let browser;
let session;
let page;

before(async () => {
  [gateway, browser] = await Promise.all([Pretend.start(), launch()]);
});

beforeEach(async () => {
  gateway.reset();
  session = await Session.open(browser, gateway, { path: '/review', height: 600 });
  page = session.page;
});

afterEach(async () => {
  session.quiet();
  await session.close();
});

after(async () => {
  await browser?.close();
  await gateway?.close();
});

/** Opens a server's review. */
function open(name) {
  return session.visit(`/review/server/${name}`);
}

/** Scrolls the page to its end, past everything between. */
function toEnd() {
  return page.locator('main').evaluate((main) => main.scrollTo({ top: main.scrollHeight }));
}

/** Scrolls so that one thing after the other is in view, as a person reads. */
async function read() {
  const main = page.locator('main');
  const height = await main.evaluate(({ scrollHeight }) => scrollHeight);
  for (let top = 0; top <= height; top += 300) {
    await main.evaluate((element, to) => element.scrollTo({ top: to }), top);
    await painted();
  }
}

/** Waits until what is in view was drawn, which is when it counts as seen. */
function painted() {
  return page.evaluate(
    () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn(null)))),
  );
}

function button(name) {
  return page.getByRole('button', { name });
}

/** The heading of what is looked at. */
function heading(name) {
  return page.getByRole('heading', { level: 2, name, exact: true }).waitFor();
}

/** Waits for the next decision. */
function decided(count = 1) {
  return until('it is decided', () => (gateway.decisions.length === count ? gateway.decisions.at(-1) : null));
}

/** Waits until a definition stands so. */
function standing(server, name, wanted) {
  const definitions = () => gateway.state.servers.find((one) => one.name === server).definitions;
  return until(`${name} is ${wanted}`, () =>
    definitions().some((one) => one.name === name && one.standing === wanted),
  );
}

test('the queue has the most urgent on top, with its reasons', async () => {
  const rows = await page.getByRole('navigation', { name: 'Waiting' }).getByRole('link').allInnerTexts();
  const firsts = rows.map((text) => text.split('\n')[0]);
  assert.deepEqual(firsts, ['All new servers', 'notes', 'github', 'jira', 'weather', 'maps']);
  assert.match(rows[0], /2 servers/);
  assert.match(rows[1], /Tools to review[^]*12 new[^]*2 flagged/);
  assert.match(rows[2], /Tools changed[^]*1 new[^]*1 changed/);
  assert.match(rows[4], /New server/);
});

describe('a server that was never started', () => {
  beforeEach(() => open('weather'));

  test('shows the whole command, and what does not show in it', async () => {
    const text = await page.locator('main').innerText();
    assert.match(text, /--last-argument/);
    assert.match(text, /ZWSP/);
    assert.match(text, /API_KEY, LANG/);
  });

  test('is started only once the evidence was in view, in the mode that was chosen', async () => {
    const start = button('Start and look at its tools');
    assert(await start.isDisabled());
    await page.keyboard.press('a');
    await page.getByRole('status').filter({ hasText: 'Read to the end' }).waitFor();
    assert.equal(gateway.decisions.length, 0);
    await toEnd();
    await page.getByRole('radio', { name: 'Let clean ones in' }).check();
    await page.keyboard.press('a');
    assert.deepEqual(await decided(), {
      server: 'weather',
      decision: 'start',
      launch: 'launch of weather',
      mode: 'scan',
    });
    await page.getByText('Its tools are not known yet').waitFor();
    await heading('weather');
  });

  test('is not started in a way that was not shown', async () => {
    gateway.state.servers.find(({ name }) => name === 'weather').launch = 'another';
    await toEnd();
    await button('Start and look at its tools').click();
    await page.getByText('It changed while you were looking').last().waitFor();
    await toEnd();
    await button('Start and look at its tools').click();
    assert.equal((await decided(2)).launch, 'another');
  });

  test('stays out, which can be taken back', async () => {
    await page.keyboard.press('b');
    assert.equal((await decided()).decision, 'block-server');
    await heading('maps');
    await page.getByRole('link', { name: /^weather/ }).waitFor({ state: 'detached' });
    await button('Undo').click();
    await page.getByRole('link', { name: /^weather/ }).waitFor();
  });
});

describe('a server whose tools are new', () => {
  beforeEach(() => open('notes'));

  test('is approved only when what misleads was looked at', async () => {
    await toEnd();
    await page.getByText('Look at what was found in 1 of them first').waitFor();
    assert(await button('Approve all 12').isDisabled());
    await read();
    await button('Approve all 12').click();
    const { definitions } = await decided();
    assert.equal(definitions.length, 12);
    assert.deepEqual(definitions[0], { kind: 'tool', name: 'add_note', hash: 'hash of add_note' });
    await heading('github');
  });

  test('shows what its tools say as text, and hidden characters by name', async () => {
    await page.getByRole('button', { name: /^add_note/ }).click();
    await page.getByText('<img src=x').waitFor();
    assert.equal(await page.locator('main img').count(), 0);
    assert.equal(await page.evaluate(() => 'injected' in window), false);
    assert(await page.getByText('TAG g').count());
  });

  test('is decided about tool by tool', async () => {
    await page.getByRole('button', { name: /^summarise/ }).click();
    await button('Block this one').click();
    assert.deepEqual((await decided()).definitions.map(({ name }) => name), ['summarise']);
    await heading('notes');
    await page.getByRole('checkbox', { name: 'Select list_1' }).check();
    await page.getByRole('checkbox', { name: 'Select list_2' }).check();
    await toEnd();
    await button('Approve 2 selected').click();
    assert.deepEqual((await decided(2)).definitions.map(({ name }) => name), ['list_1', 'list_2']);
    await page.getByRole('checkbox', { name: 'Select list_1' }).waitFor({ state: 'detached' });
  });

  test('can be narrowed down, and only what is shown is decided about', async () => {
    await page.getByRole('group', { name: 'Which to show' }).getByText('Flagged').click();
    await button('Block the 2 shown').click();
    assert.deepEqual((await decided()).definitions.map(({ name }) => name), ['add_note', 'summarise']);
  });

  test('says how far it is fenced in, and who will see its tools', async () => {
    const text = await page.locator('main').innerText();
    assert.match(text, /files fenced · network open · sockets of other programs closed · processes limited/);
    assert.match(text, /Claude Desktop and VS Code/);
    assert.match(text, /Destroys\s*1[^]*Reads\s*11/);
  });
});

describe('a server whose tools have changed', () => {
  beforeEach(() => open('github'));

  test('shows what was approved beside what it is now', async () => {
    const changed = page.getByRole('group', { name: 'merge · What it tells models' });
    assert.match(await changed.innerText(), /Merges a pull request, also without a review\./);
    assert(await changed.locator('mark').filter({ hasText: 'review' }).count());
    assert(await page.getByRole('group', { name: 'merge · Its form' }).getByText('"force"').count());
  });

  test('is approved as it was seen; what changed meanwhile is shown anew', async () => {
    await read();
    const { definitions } = gateway.state.servers.find(({ name }) => name === 'github');
    Object.assign(definitions[0], { hash: 'yet another' });
    definitions[0].now.description = 'Deletes the repository.';
    await button('Approve all 2').click();
    await standing('github', 'stars', 'approved');
    assert.equal(definitions[0].standing, 'changed');
    await page.getByText('It changed while you were looking').last().waitFor();
    await page.getByText('Deletes the repository.').waitFor();
    await read();
    await button('Approve it').click();
    assert.equal((await decided(2)).definitions[0].hash, 'yet another');
  });

  test('is taken back with a key, for as long as the note counts down', async () => {
    await read();
    await page.keyboard.press('a');
    await standing('github', 'merge', 'approved');
    const note = page.getByRole('status', { name: 'Notes' });
    await note.getByText('github: 2 approved').waitFor();
    assert.match(await note.locator('[aria-hidden=true].count').innerText(), /^\d+$/);
    await page.keyboard.press('z');
    await standing('github', 'merge', 'changed');
    await note.getByText('github is as it was before').waitFor();
  });
});

describe('new servers together', () => {
  beforeEach(() => session.visit('/review/together'));

  const row = (name) => page.getByRole('listitem').filter({ has: page.getByRole('checkbox', { name: `Select ${name}` }) });

  test('are shown with all that they run; a tick is missing where something is odd', async () => {
    assert.match(await row('weather').innerText(), /--last-argument[^]*API_KEY and LANG/);
    assert.match(await row('weather').innerText(), /does not show[^]*ZWSP[^]*says “auto”/);
    assert.equal(await page.getByRole('checkbox', { name: 'Select weather' }).isChecked(), false);
    await page.getByText('Tick the servers that you know').waitFor();
    await page.keyboard.press('a');
    assert.equal(gateway.decisions.length, 0);
  });

  test('are let in only once what they run was in view, each as it was shown', async () => {
    await page.setViewportSize({ width: 1200, height: 320 });
    await page.getByRole('checkbox', { name: 'Select notes' }).check();
    await page.getByRole('checkbox', { name: 'Select weather' }).check();
    await page.locator('main').evaluate((main) => main.scrollTo({ top: 0 }));
    const start = button('Start 2 and let clean tools in');
    await read();
    await start.click();
    await decided(2);
    assert.deepEqual(gateway.decisions.toSorted((one, other) => (one.server < other.server ? -1 : 1)), [
      { server: 'notes', decision: 'trust', mode: 'scan' },
      { server: 'weather', decision: 'start', launch: 'launch of weather', mode: 'scan' },
    ]);
    await page.keyboard.press('z');
    await page.getByText('2 servers are as they were before').waitFor();
  });

  test('that would be started in another way by now have to be looked at again', async () => {
    await page.getByRole('checkbox', { name: 'Select weather' }).check();
    await read();
    gateway.state.servers.find(({ name }) => name === 'weather').launch = 'another';
    await button('Start it, ask me about each tool').click();
    await page.getByText('started in another way by now').waitFor();
    assert.equal(gateway.state.servers.find(({ name }) => name === 'weather').may_start, false);
  });
});

test('a changed launch is shown beside the approved one', async () => {
  await open('jira');
  const text = await page.getByRole('group', { name: 'approved → now' }).innerText();
  assert.match(text, /jira\.example\.com[^]*jira\.example\.net/);
  assert.match(text, /Headers: X-Team/);
  assert.equal(await page.getByRole('checkbox').count(), 0, 'its tools are not asked about yet');
});

test('what nothing waits of can be looked at, and blocked', async () => {
  await open('time');
  await page.getByText('Nothing of it waits for you').first().waitFor();
  await page.getByRole('checkbox', { name: 'Select now' }).check();
  await button('Block 1 selected').click();
  await standing('time', 'now', 'blocked');
});

test('everything works without a mouse', async () => {
  const { keyboard } = page;
  await page.evaluate(() => {
    window.pointed = 0;
    addEventListener('pointerdown', () => (window.pointed += 1), { capture: true });
  });
  const focused = () => page.evaluate(() => document.activeElement.textContent.trim());
  await keyboard.press('j');
  await heading('notes');
  assert.equal(await focused(), 'notes', 'the focus goes along');
  await keyboard.press('k');
  await heading('All new servers');
  await keyboard.press('j');
  await heading('notes');
  for (let step = 0; step < 60 && !/^list_9/.test(await focused()); step += 1) await keyboard.press('Tab');
  assert.match(await focused(), /^list_9/);
  await keyboard.press('Enter');
  await page.getByText('Lists the notes of notebook 9').waitFor();
  for (let step = 0; step < 9 && !/^Block this one/.test(await focused()); step += 1) await keyboard.press('Tab');
  await keyboard.press('Enter');
  await standing('notes', 'list_9', 'blocked');
  await keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).getByText('Undo').waitFor();
  await keyboard.press('Escape');
  await keyboard.press('z');
  await standing('notes', 'list_9', 'pending');
  assert.equal(await page.evaluate(() => window.pointed), 0);
});

test('the servers say what is held and how their tools come in', async () => {
  await session.visit('/servers?show=held');
  await page.getByRole('row').filter({ hasText: 'weather' }).getByText('New server').waitFor();
  assert.equal(await page.getByRole('row').filter({ hasText: 'time' }).count(), 0);
  await session.visit('/servers/time');
  assert(await page.getByRole('radio', { name: 'Let clean ones in' }).isChecked());
  await page.getByRole('radio', { name: 'Ask me about each' }).check();
  assert.deepEqual(await decided(), { server: 'time', decision: 'trust', mode: 'manual' });
  await session.visit('/');
  await page.getByText('5 things need you').waitFor();
});

const PLACES = ['notes', 'github', 'jira', 'weather', 'time'].map((name) => `/review/server/${name}`);

for (const [theme, locale] of [
  ['light', 'en-GB'],
  ['dark', 'de-DE'],
  ['light', 'es-ES'],
]) {
  test(`no barriers in ${theme}, in ${locale}, wide and narrow`, async () => {
    const own = await Session.open(browser, gateway, { theme, locale, path: '/review' });
    for (const place of [...PLACES, '/review', '/review/4711', '/servers', '/servers/notes', '/welcome']) {
      await own.page.setViewportSize({ width: 1200, height: 800 });
      await own.visit(place);
      const closed = own.page.locator('main [aria-expanded=false]');
      if ((await closed.count()) > 0) await closed.first().click();
      await own.accessible(`${place} in ${locale}`);
      await own.page.setViewportSize({ width: 480, height: 800 });
      await own.fits(`${place} in ${locale}`);
    }
    own.quiet();
    await own.close();
  });
}
