const KEY = 'toolgate.welcome.skipped';

export type Step = 'client' | 'server' | 'call';

function read(): string[] {
  return (localStorage.getItem(KEY) ?? '').split(' ').filter(Boolean);
}

let steps = $state.raw<string[]>(read());

/** The steps that were put off; remembered by the browser. */
export const skipped = {
  has: (step: Step): boolean => steps.includes(step),
  toggle: (step: Step): void => {
    steps = steps.includes(step) ? steps.filter((other) => other !== step) : [...steps, step];
    localStorage.setItem(KEY, steps.join(' '));
  },
};
