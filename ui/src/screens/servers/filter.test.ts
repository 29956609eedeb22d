import { describe, expect, it } from 'vitest';
import type { Problem, ServerStateWord, ServerStatus, TrustStatus } from '../../api/types';
import { calm, server as anyServer } from '../../lib/server.fixture';
import { byHealth, filters, fits } from './filter';

function server(state: ServerStateWord, more: Partial<ServerStatus> = {}): ServerStatus {
  return anyServer({ name: 'github', target: 'npx -y pkg', state, ...more });
}

const trust: TrustStatus = { ...calm, hold: 'new-definitions' };
const problem: Problem = { code: 'exited', message: '', fix: '' };

describe('fits', () => {
  it.each([
    [server('ready'), ['all', 'ready']],
    [server('disabled'), ['all', 'off']],
    [server('ready', { trust }), ['all', 'need-you', 'held', 'ready']],
    [server('starting'), ['all']],
    [server('backing-off', { problem }), ['all', 'down']],
    [server('crash-loop', { problem }), ['all', 'need-you', 'down']],
    [server('needs-person', { problem }), ['all', 'need-you', 'down']],
  ])('$state', (given, expected) => {
    expect(filters.filter((filter) => fits(given, filter, ''))).toEqual(expected);
  });

  it('looks for every word in name, target and transport', () => {
    expect(fits(server('ready'), 'all', 'GitHub pkg stdio')).toBe(true);
    expect(fits(server('ready'), 'all', 'github http')).toBe(false);
    expect(fits(server('ready'), 'off', 'github')).toBe(false);
  });
});

describe('byHealth', () => {
  it('puts the worst first', () => {
    const states: ServerStateWord[] = [
      'disabled',
      'ready',
      'starting',
      'backing-off',
      'crash-loop',
    ];
    const ordered = states
      .map((state) => server(state))
      .toSorted((a, b) => byHealth(a) - byHealth(b));
    expect(ordered.map(({ state }) => state)).toEqual(states.toReversed());
  });
});
