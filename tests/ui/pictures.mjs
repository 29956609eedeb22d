// Pictures of the screens for the documentation: `node pictures.mjs FOLDER`.
//
// With the pictures taken, it prints the folder of its gateway and keeps it running until its
// standard input ends, so that the tray and the window can be photographed in front of the same.

import path from 'node:path';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';

import { launch, Session } from './browser.mjs';
import { Demo } from './demo.mjs';
import { SCREENS } from './screens.mjs';

const folder = process.argv[2];
await mkdir(folder, { recursive: true });
const demo = await Demo.start();
const browser = await launch();
try {
  for (const theme of ['light', 'dark']) {
    const session = await Session.open(browser, demo.gateway, { theme, width: 1120, height: 720 });
    for (const [name, place] of Object.entries(SCREENS)) {
      await session.visit(place);
      if (name.endsWith('logs')) await session.page.getByRole('log').waitFor();
      await session.page.screenshot({ path: path.join(folder, `${name}-${theme}.png`) });
    }
    await session.close();
  }
  await browser.close();
  console.log(demo.gateway.folder);
  process.stdin.resume();
  await once(process.stdin, 'end');
} finally {
  await demo.close();
}
process.exit(0);
