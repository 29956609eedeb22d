import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { ServerStatus } from '../api/types';
import { server as anyServer } from './server.fixture';

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;

const server = (rest: Partial<ServerStatus>): ServerStatus =>
  anyServer({ since: NOW - 3 * HOUR, starts: 2, ...rest });

describe('standing', () => {
  let standing: (server: ServerStatus, now: number) => string;

  beforeAll(async () => {
    vi.stubGlobal('document', { documentElement: {} });
    vi.stubGlobal('navigator', { languages: ['en'] });
    const { useLanguage } = await import('./i18n.svelte');
    await useLanguage('en');
    ({ standing } = await import('./standing'));
  });

  it.each<[Partial<ServerStatus>, string]>([
    [{}, 'Ready for 3 hours · started 2 times'],
    [{ starts: 1, since: NOW - 59_000 }, 'Ready for 59 seconds · started once'],
    [{ since: NOW - 49 * HOUR }, 'Ready for 2 days · started 2 times'],
    [{ since: NOW + 5 }, 'Ready for 0 seconds · started 2 times'],
    [{ state: 'starting', phase: 'handshake' }, 'Starting: agreeing on the protocol'],
    [{ state: 'starting' }, 'Starting'],
    [
      { state: 'backing-off', attempts: 2, retry_at: NOW + 30_000 },
      '2 starts failed · next try in 30 sec.',
    ],
    [
      { state: 'crash-loop', attempts: 9, retry_at: NOW - 1 },
      'Failed 9 times in a row · next try now',
    ],
    [{ state: 'needs-person' }, 'Has been waiting for you for 3 hours'],
    [{ state: 'disabled' }, 'Switched off'],
  ])('%j reads %j', (rest, expected) => {
    expect(standing(server(rest), NOW)).toBe(expected);
  });
});
