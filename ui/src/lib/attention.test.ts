import { describe, expect, it } from 'vitest';
import type { ServerStateWord, Snapshot } from '../api/types';
import { attention, setup } from './attention';
import { server } from './server.fixture';

function snapshot(states: ServerStateWord[], more: Partial<Snapshot> = {}): Snapshot {
  return {
    servers: states.map((state, index) => server({ name: `s${index}`, state })),
    config: { path: '', loaded_at: 0, diagnostics: [] },
    totals: { calls_today: 0 },
    clients: [],
    recent: [],
    review: [],
    ...more,
  } as unknown as Snapshot;
}

describe('attention', () => {
  it('counts each server once, and those switched off not at all', () => {
    const sums = attention(
      snapshot([
        'ready',
        'ready',
        'disabled',
        'starting',
        'backing-off',
        'crash-loop',
        'needs-person',
      ]),
    );
    expect(sums).toEqual({ enabled: 6, ready: 2, needYou: 2, retrying: 1, starting: 1 });
  });

  it('counts what is to be reviewed and what is wrong in the file', () => {
    const more = { review: [{}, {}], config: { path: '', loaded_at: 0, diagnostics: [{}] } };
    expect(attention(snapshot(['ready'], more as unknown as Partial<Snapshot>)).needYou).toBe(3);
  });
});

describe('setup', () => {
  it('ticks each step by itself', () => {
    expect(setup(snapshot([]))).toEqual({ client: false, server: false, call: false });
    expect(setup(snapshot(['ready'])).server).toBe(true);
    const client = { name: 'c', open: 0, last_seen: 0, last_call: 1, calls: 1, failures: 0 };
    expect(setup(snapshot([], { clients: [client] }))).toEqual({
      client: true,
      server: false,
      call: true,
    });
  });
});
