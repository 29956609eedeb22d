/** The same act on several servers. */

import { complain } from './toasts.svelte';

/** At once at most this many, so that many starting servers do not stall the machine. */
const AT_ONCE = 4;

/** Does it for each name; says what did not work, and returns the names for which it did. */
export async function forEach(
  names: readonly string[],
  act: (name: string) => Promise<unknown>,
): Promise<string[]> {
  const waiting = [...names];
  const done: string[] = [];
  const failures: unknown[] = [];
  const work = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      try {
        await act(name);
        done.push(name);
      } catch (cause) {
        failures.push(cause);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  for (const cause of failures) complain(cause);
  return done;
}
