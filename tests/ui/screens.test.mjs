// Every screen, in both themes and all languages: nothing is missing, broken or out of reach.

import assert from 'node:assert/strict';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { launch, Session } from './browser.mjs';
import { Demo } from './demo.mjs';
import { root, screenshots } from './packages.mjs';
import { SCREENS } from './screens.mjs';

let demo;
let browser;

before(async () => {
  await mkdir(screenshots, { recursive: true });
  [demo, browser] = await Promise.all([Demo.start(), launch()]);
});

after(async () => {
  await browser?.close();
  await demo?.close();
});

for (const theme of ['light', 'dark']) {
  describe(`in ${theme}`, () => {
    let session;
    before(async () => {
      session = await Session.open(browser, demo.gateway, { theme });
    });
    after(() => session?.close());

    for (const [name, place] of Object.entries(SCREENS)) {
      test(`${name} has no barriers and fits`, async () => {
        await session.visit(place);
        const file = path.join(screenshots, `${name}-${theme}.png`);
        await session.page.screenshot({ path: file });
        await session.fits(place);
        await session.accessible(place);
      });
    }

    test('nothing complained', () => session.quiet());
  });
}

for (const locale of ['en-GB', 'de-DE', 'es-ES']) {
  test(`every screen fits into a narrow window in ${locale}`, async () => {
    const session = await Session.open(browser, demo.gateway, { locale, width: 720 });
    const language = await session.page.evaluate(() => document.documentElement.lang);
    assert.equal(language, locale.slice(0, 2));
    for (const place of Object.values(SCREENS)) {
      await session.visit(place);
      await session.fits(`${place} in ${locale}`);
    }
    session.quiet();
    await session.close();
  });
}

test('all languages have the same texts', async () => {
  const locales = path.join(root, 'ui/src/locales');
  const english = await texts(path.join(locales, 'en'));
  assert(english.size > 100, 'there are texts');
  for (const language of ['de', 'es']) {
    assert.deepEqual(await texts(path.join(locales, language)), english, language);
  }
});

/** Every text's key, with the values that it takes. */
async function texts(folder) {
  const found = new Map();
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()) {
    const values = JSON.parse(await readFile(path.join(folder, file), 'utf8'));
    for (const key of Object.keys(values).sort()) {
      const text = typeof values[key] === 'string' ? values[key] : values[key].other;
      const takes = [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      found.set(`${file} ${key}`, [...new Set(takes)].sort().join());
    }
  }
  return found;
}
