/** Names for servers that are about to be added. */

import type { Key } from '../../lib/i18n.svelte';

/** What is wrong with a name, if anything is. */
export function nameProblem(name: string, taken: readonly string[]): Key | null {
  if (name.trim() === '') return 'add.nameMissing';
  return taken.includes(name.trim()) ? 'add.nameTaken' : null;
}

/** The name itself where it is free, else with the first number that makes it so. */
export function freeName(name: string, taken: readonly string[]): string {
  if (!taken.includes(name)) return name;
  for (let count = 2; ; count += 1) {
    const next = `${name}-${count}`;
    if (!taken.includes(next)) return next;
  }
}

/** The last part of a registry's name: `io.github.acme/weather` is called `weather`. */
export function shortName(name: string): string {
  return name.split('/').at(-1) ?? name;
}
