// A token for each app: made, shown once, revoked.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';

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
  session = await Session.open(browser, gateway, { path: '/clients' });
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

/** Fills in what a token is to be, without sending it. */
async function ask(name) {
  await page.getByRole('button', { name: 'New token' }).click();
  const dialog = page.getByRole('dialog', { name: 'New token' });
  await dialog.getByLabel('Which app is it for?').fill(name);
  return dialog;
}

test('the list says what each may do, and which has expired', async () => {
  const rows = page.getByRole('listitem').filter({ has: page.getByRole('button', { name: 'Revoke' }) });
  await rows.first().waitFor();
  const texts = await rows.allInnerTexts();
  assert.match(texts[0], /VS Code[^]*time and github[^]*expires in/);
  assert.match(texts[1], /An old one[^]*Expired[^]*all servers[^]*not used yet/);
});

test('a token is shown once, also where it belongs', async () => {
  const dialog = await ask('Cursor');
  await dialog.getByLabel('Good for').selectOption({ label: '30 days' });
  await dialog.getByRole('radio', { name: 'only these servers' }).check();
  await session.accessible('the question for a token');
  await dialog.getByRole('checkbox', { name: 'time' }).check();
  await dialog.getByRole('button', { name: 'Make the token' }).click();
  await page.getByRole('heading', { name: 'The token of Cursor' }).waitFor();
  const made = gateway.state.tokens.at(-1);
  assert.deepEqual(made.servers, ['time']);
  assert(made.expires_at > Date.now());
  const secret = `tg_${'x'.repeat(43)}`;
  await page.getByText(`Authorization: Bearer ${secret}`, { exact: true }).waitFor();
  assert((await page.getByRole('tabpanel').innerText()).includes(secret));
  await session.accessible('a token that was made');
  await page.getByRole('button', { name: 'I have it' }).click();
  await until('it is gone', async () => !(await page.locator('main').innerText()).includes(secret));
});

test('a token without a name is not made', async () => {
  const dialog = await ask(' ');
  await dialog.getByRole('button', { name: 'Make the token' }).click();
  await dialog.getByRole('alert').filter({ hasText: 'Give it a name' }).waitFor();
  assert.equal(gateway.state.tokens.length, 2);
});

test('a limit to no server is no limit to all', async () => {
  const dialog = await ask('Cursor');
  await dialog.getByRole('radio', { name: 'only these servers' }).check();
  await dialog.getByRole('button', { name: 'Make the token' }).click();
  await dialog.getByRole('alert').filter({ hasText: 'at least one' }).waitFor();
  assert.equal(gateway.state.tokens.length, 2);
});

test('revoking asks first', async () => {
  await page.getByRole('button', { name: 'Revoke' }).first().click();
  const question = page.getByRole('dialog', { name: 'Revoke the token of VS Code?' });
  await question.getByRole('button', { name: 'Cancel' }).click();
  assert.equal(gateway.state.tokens.length, 2);
  await page.getByRole('button', { name: 'Revoke' }).first().click();
  await question.getByRole('button', { name: 'Revoke' }).click();
  await until('it is revoked', () => gateway.state.tokens.length === 1);
  await page.getByRole('heading', { name: 'Revoke the token' }).waitFor({ state: 'detached' });
  assert.equal(await page.getByRole('button', { name: 'Revoke' }).count(), 1);
});
