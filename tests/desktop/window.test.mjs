// The real window, opened from the real tray, driven as a person would.
//
// `cargo xtask test` runs this on a display and a session bus of its own, with a panel on it.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { Client } from '../ui/client.mjs';
import { Gateway, fake, freePort } from '../ui/gateway.mjs';
import { programs } from '../ui/packages.mjs';
import { until } from '../ui/waiting.mjs';
import { choose, entries, icon } from './tray.mjs';
import { Driver } from './webdriver.mjs';

let driver;
let gateway;
let tray;

before(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'toolgate-window-'));
  const port = await freePort();
  gateway = new Gateway(folder, port);
  await mkdir(gateway.data);
  const off = { ...fake('--stderr', 'it-is-alive'), disabled: true };
  const config = { listen: `127.0.0.1:${port}`, tokens: 'off', mcpServers: { time: off } };
  await writeFile(gateway.config, JSON.stringify(config));
  driver = await Driver.launch(await freePort());
  // The session begins with the window, which is opened from the tray.
  const files = ['--config', gateway.config, '--data-dir', gateway.data];
  const attached = driver.attach(path.join(programs, 'toolgate-desktop'), ['--background', '--trust', 'auto', ...files]);
  attached.catch(() => null);
  tray = await icon();
  await until('the tray knows the gateway', async () => (await entries(tray)).has('Pause all'));
  await choose(tray, 'Open Toolgate');
  await attached;
});

after(async () => {
  if (tray) await choose(tray, 'Quit Toolgate').catch(() => null);
  await driver?.quit();
  if (gateway) await rm(gateway.folder, { recursive: true, force: true });
});

test('the window shows the gateway, and keeps nothing secret in its address', async () => {
  await driver.shows('Home');
  const address = new URL(await driver.url());
  assert.equal(address.origin, gateway.origin);
  assert.doesNotMatch(address.hash, /code/);
});

test('the page has no way into the program around it', async () => {
  const reached = await driver.run(`
    const invoke = window.__TAURI_INTERNALS__?.invoke;
    return invoke ? 'an interface' : 'nothing';
  `);
  const page = await driver.run('return Object.keys(window).filter((key) => key === "__TAURI__")');
  assert.deepEqual(page, [], `the page sees ${reached}`);
});

test('a server that is switched on in the window is there for clients at once', async () => {
  await driver.run("location.hash = '/servers'");
  await driver.click("//tr[.//a[text()='time']]//button[contains(., 'Switch on')]");
  await gateway.server('time', 'ready');
  const client = await Client.connect(gateway.origin, 'An app');
  const result = await client.call('time__add', { a: 20, b: 22 });
  assert.match(JSON.stringify(result), /42/);
});

test('what a server says is in its log', async () => {
  await driver.run("location.hash = '/logs/time'");
  await driver.shows('it-is-alive');
});

test('the tray follows what was done in the window', async () => {
  const labels = [...(await entries(tray)).keys()];
  assert.equal(labels[0], 'Your server is ready');
});
