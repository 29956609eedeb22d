import { describe, expect, it } from 'vitest';
import type { SandboxStatus, ServerStateWord, ServerStatus, TrustStatus } from '../api/types';
import { attention } from './attention';
import { health, needsYou } from './health';
import { calm, server as whole } from './server.fixture';
import { countsOf, held, newcomers, reviewPath, sandboxWords } from './trust';

function server(state: ServerStateWord, trust: Partial<TrustStatus> = {}): ServerStatus {
  return whole({ state, trust: { ...calm, ...trust } });
}

describe('a held server', () => {
  it('needs the person, whatever else it is', () => {
    expect(held(server('ready', { hold: 'added-definitions' }))).toBe(true);
    expect(needsYou(server('disabled', { hold: 'new-server' }))).toBe(true);
    expect(held(server('ready', {}))).toBe(false);
  });

  it('is counted once', () => {
    const servers = [
      server('needs-person', { hold: 'new-server', may_start: false }),
      server('ready', { hold: 'changed-definitions' }),
      server('ready', {}),
    ];
    const snapshot = { servers, review: [], config: { diagnostics: [] } };
    expect(attention(snapshot as unknown as Parameters<typeof attention>[0]).needYou).toBe(2);
  });

  it.each([
    ['needs-person', { hold: 'new-server', may_start: false }, 'trust.hold_new-server'],
    ['ready', { hold: 'changed-definitions' }, 'trust.hold_changed-definitions'],
    ['crash-loop', { hold: 'added-definitions' }, 'health.crashLoop'],
    ['disabled', { hold: 'new-server', may_start: false }, 'health.off'],
    ['ready', {}, 'health.ready'],
  ] as const)('that is %s with %j is %s', (state, trust, word) => {
    const { word: said, remedy } = health(server(state, trust));
    expect(said).toBe(word);
    expect(remedy === 'review').toBe(word.startsWith('trust.'));
  });

  it('is looked at in one place, whatever its name is', () => {
    expect(reviewPath('a/b?')).toBe('/review/server/a%2Fb%3F');
  });
});

describe('what waits', () => {
  it('is counted, without what is none', () => {
    expect(countsOf(calm)).toBe('');
    expect(countsOf({ ...calm, pending: 1, flagged: 1 })).toBe('trust.pending · trust.flagged');
  });
});

describe('newcomers', () => {
  it.each([
    [{ hold: 'new-server', may_start: false }, true],
    [{ hold: 'new-definitions', pending: 3, flagged: 1 }, true],
    [{ hold: 'new-definitions', pending: 1, flagged: 1 }, false],
    [{ hold: 'new-definitions', pending: 3, mode: 'scan' }, false],
    [{ hold: 'added-definitions', pending: 3 }, false],
    [{ hold: 'launch-changed', may_start: false }, false],
    [{}, false],
  ] as const)('%j: %s', (trust, one) => {
    expect(newcomers([server('ready', trust)])).toHaveLength(one ? 1 : 0);
  });
});

describe('a sandbox', () => {
  it('is named part by part', () => {
    const sandbox = {
      profile: 'compat',
      files: 'writes-fenced',
      network: 'open',
      sockets: 'none',
      processes: 'limited',
      notes: [],
    } satisfies SandboxStatus;
    expect(sandboxWords(sandbox).split(' · ')).toEqual([
      'trust.files_writes-fenced',
      'trust.network_open',
      'trust.sockets_none',
      'trust.processes_limited',
    ]);
  });
});
