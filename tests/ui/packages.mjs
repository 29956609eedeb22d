// What drives the browser. `cargo xtask test` installs it outside of the sources and says where.

import { createRequire } from 'node:module';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const packages =
  process.env.TOOLGATE_BROWSER_PACKAGES ?? path.join(root, '.cache/fixtures/browser');
const require = createRequire(path.join(packages, 'package.json'));

export const { chromium } = require('playwright-core');
export const { AxeBuilder } = require('@axe-core/playwright');

/** The folder with the programs under test. */
export const programs = process.env.TOOLGATE_PROGRAMS ?? path.join(root, 'target/debug');

/** Where pictures of the screens go. */
export const screenshots =
  process.env.TOOLGATE_SCREENSHOTS ?? path.join(root, 'target/screenshots');

/** The folder of the repository. */
export { root };
