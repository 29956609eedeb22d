// Looking after servers: add them in every way, switch them, find them.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { launch, Session } from './browser.mjs';
import { Gateway, fake } from './gateway.mjs';

let gateway;
let browser;
let session;
let page;

before(async () => {
  [gateway, browser] = await Promise.all([
    Gateway.start({ mcpServers: { time: fake(), notes: { ...fake(), disabled: true } } }),
    launch(),
  ]);
  await gateway.server('time', 'ready');
});

beforeEach(async () => {
  session = await Session.open(browser, gateway, { path: '/servers' });
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

/** The table's row of a server. */
function row(name) {
  return page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
}

/** Chooses what a row's menu offers. */
async function choose(name, action) {
  await row(name).getByRole('button', { name: `More for ${name}` }).click();
  await page.getByRole('menuitem', { name: action }).click();
}

test('a command line becomes a server', async () => {
  const { command } = fake();
  await session.visit('/servers/add/command');
  await page.getByLabel('Command line').fill(`${command} --tools 3`);
  await page.getByLabel('Name', { exact: true }).fill('by-command');
  await page.getByRole('button', { name: 'Add server' }).click();
  const { servers } = await gateway.server('by-command', 'ready');
  assert(servers.some(({ name, tools }) => name === 'by-command' && tools >= 3));
});

test('what another app has becomes servers, after a look at them', async () => {
  const pasted = { mcpServers: { one: fake('--tools', '1'), two: fake('--tools', '2') } };
  await session.visit('/servers/add');
  await page.getByLabel('What you have').fill(JSON.stringify(pasted));
  await page.getByText('2 servers would be added').waitFor();
  assert.equal(await page.getByText('--tools 2').count(), 1, 'what would run is shown');
  await page.getByRole('button', { name: 'Add 2 servers' }).click();
  await gateway.server('one', 'ready');
  await gateway.server('two', 'ready');
});

test('an address becomes a server', async () => {
  await session.visit('/servers/add/url');
  await page.getByLabel('Address', { exact: true }).fill('http://127.0.0.1:9/mcp');
  await page.getByLabel('Name', { exact: true }).fill('by-address');
  await page.getByRole('button', { name: 'Add server' }).click();
  const { servers } = await gateway.snapshot('it is there', (snapshot) =>
    snapshot.servers.some(({ name }) => name === 'by-address'),
  );
  assert.equal(servers.find(({ name }) => name === 'by-address').target, 'http://127.0.0.1:9/mcp');
});

test('what is no server is answered with a way out', async () => {
  await session.visit('/servers/add');
  await page.getByLabel('What you have').fill('{"mcpServers": {"empty": {}}}');
  await page.getByText('empty').first().waitFor();
  assert.equal(await page.getByRole('button', { name: /^Add/ }).count(), 0);
});

test('a server is switched off and on', async () => {
  await row('notes').getByText('Off').waitFor();
  await choose('notes', 'Switch on');
  await gateway.server('notes', 'ready');
  await row('notes').getByText('Ready').waitFor();
  await choose('notes', 'Switch off');
  await gateway.server('notes', 'disabled');
  await row('notes').getByText('Off').waitFor();
});

test('switching off can be taken back', async () => {
  await choose('time', 'Switch off');
  await gateway.server('time', 'disabled');
  await page.getByRole('button', { name: 'Undo' }).click();
  await gateway.server('time', 'ready');
});

test('several servers are restarted together', async () => {
  const starts = async () => {
    const { servers } = await gateway.api('GET', '/status');
    return servers.find(({ name }) => name === 'time').starts;
  };
  const before = await starts();
  await page.getByRole('checkbox', { name: 'Select time' }).check();
  await page.getByText('1 selected').waitFor();
  await page.getByRole('button', { name: 'Restart' }).click();
  await gateway.snapshot('it was started again', ({ servers }) =>
    servers.some(({ name, starts, state }) => name === 'time' && starts > before && state === 'ready'),
  );
});

test('the list is filtered by words and by health', async () => {
  await page.getByLabel('Filter servers').fill('tim');
  await row('notes').waitFor({ state: 'detached' });
  assert.equal(await row('time').count(), 1);
  await page.getByLabel('Filter servers').fill('');
  await page.getByRole('group', { name: 'Which servers to show' }).getByText('Off').click();
  await row('time').waitFor({ state: 'detached' });
  assert.equal(await row('notes').count(), 1);
  assert.match(page.url(), /show=off/, 'the filter can be linked to');
});

test('removing asks first', async () => {
  await gateway.api('POST', '/servers', { name: 'old', entry: fake() });
  await row('old').waitFor();
  await choose('old', 'Remove');
  const question = page.getByRole('dialog', { name: 'Remove old?' });
  await question.getByRole('button', { name: 'Cancel' }).click();
  assert.equal(await row('old').count(), 1);
  await choose('old', 'Remove');
  await question.getByRole('button', { name: 'Remove' }).click();
  await row('old').waitFor({ state: 'detached' });
});
