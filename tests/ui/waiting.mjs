// Waiting for a condition, never for time to pass.

/** How long anything awaited may take, in milliseconds. */
export const PATIENCE = 30_000;

/** Asks again until `condition` returns something true, and returns that. */
export async function until(what, condition) {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`${what} did not happen within ${PATIENCE} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
