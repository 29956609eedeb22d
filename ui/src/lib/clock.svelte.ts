/** The time for texts such as "5 min. ago"; stands still while nobody looks. */

/** How far the clock may be behind. */
export const CLOCK_STEP_MS = 15_000;

let now = $state(Date.now());

export const clock = {
  get now(): number {
    return now;
  },
};

export function startClock(): () => void {
  const tick = (): void => {
    if (document.visibilityState === 'visible') now = Date.now();
  };
  const timer = setInterval(tick, CLOCK_STEP_MS);
  document.addEventListener('visibilitychange', tick);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', tick);
  };
}
