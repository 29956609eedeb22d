// The tray as a panel sees it, by D-Bus: which entries its menu has, and choosing one.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { until } from '../ui/waiting.mjs';

const run = promisify(execFile);
const MENU = 'com.canonical.dbusmenu';

/** Calls a method and returns the answer as `dbus-send` prints it. */
async function call(destination, path, method, ...args) {
  const options = ['--session', '--print-reply', `--dest=${destination}`, path, method, ...args];
  const { stdout } = await run('dbus-send', options);
  return stdout;
}

/** The bus name of the tray's icon, once it is there. */
export function icon() {
  return until('the icon is on the bus', async () => {
    const names = await call(
      'org.freedesktop.DBus',
      '/org/freedesktop/DBus',
      'org.freedesktop.DBus.ListNames',
    );
    return names.match(/"(org\.kde\.StatusNotifierItem-[^"]+)"/)?.[1];
  });
}

/** The ids of the menu's entries by their labels. */
export async function entries(name) {
  const layout = await call(
    name,
    '/MenuBar',
    `${MENU}.GetLayout`,
    'int32:0',
    'int32:-1',
    'array:string:label',
  );
  const found = new Map();
  const entry = /struct \{\s*int32 (\d+)\s*array \[\s*dict entry\(\s*string "label"\s*variant\s*string "([^"]*)"/g;
  for (const [, id, label] of layout.matchAll(entry)) found.set(label.replaceAll('_', ''), id);
  return found;
}

/** Chooses an entry as soon as the menu has it. */
export async function choose(name, label) {
  const id = await until(`the menu has "${label}"`, async () => (await entries(name)).get(label));
  const event = [`int32:${id}`, 'string:clicked', 'variant:string:', 'uint32:0'];
  await call(name, '/MenuBar', `${MENU}.Event`, ...event);
}
