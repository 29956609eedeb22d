// Pausing all calls from any page.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launch, Session } from './browser.mjs';
import { Client } from './client.mjs';
import { Gateway, fake } from './gateway.mjs';

let gateway;
let browser;

before(async () => {
  [gateway, browser] = await Promise.all([
    Gateway.start({ mcpServers: { time: fake() } }),
    launch(),
  ]);
  await gateway.server('time', 'ready');
});

after(async () => {
  await browser?.close();
  await gateway?.close();
});

test('calls of apps are refused until they are resumed', async () => {
  const session = await Session.open(browser, gateway);
  const { page } = session;
  const client = await Client.connect(gateway.origin, 'An app');
  const call = async () => JSON.stringify(await client.call('time__add', { a: 1, b: 2 }));
  assert.match(await call(), /"3"/);

  await page.keyboard.press('Control+k');
  await page.keyboard.type('pause all calls until');
  await page.getByRole('option', { name: 'Pause all calls until I resume them' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByText('Calls are paused').first().waitFor();
  assert.match(await call(), /paused/);
  await session.accessible('a paused gateway');

  await page.keyboard.press('Control+k');
  await page.keyboard.type('resume');
  await page.getByRole('option', { name: 'Resume calls' }).waitFor();
  await page.keyboard.press('Enter');
  await gateway.snapshot('calls go on', ({ pause }) => pause === null);
  assert.match(await call(), /"3"/);
  session.quiet();
  await session.close();
});
