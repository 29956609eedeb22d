const FIRST_MS = 300;
const LONGEST_MS = 8_000;

/** How long to wait before the next attempt, after `failures` in a row (1 is the first). */
export function backoff(failures: number, random: () => number = Math.random): number {
  const whole = Math.min(FIRST_MS * 2 ** Math.max(0, failures - 1), LONGEST_MS);
  return Math.round(whole * (0.75 + 0.25 * random()));
}
