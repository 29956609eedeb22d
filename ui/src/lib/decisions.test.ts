import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as api from '../api/calls';
import type { Decided, Decision } from '../api/types';
import { decide, decideAll, offerUndo } from './decisions.svelte';
import { calm } from './server.fixture';
import { dismiss, toasts, undo } from './toasts.svelte';

const manual: Decision = { decision: 'trust', mode: 'manual' };
const decided = (id: string): Decided => ({ trust: calm, left: [], undo: offer(id) });
const offer = (id: string) => ({ id, until: Date.now() + 5000 });

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(api.quarantine, 'decide').mockImplementation((server) =>
    Promise.resolve(decided(`of ${server}`)),
  );
  vi.spyOn(api.quarantine, 'undo').mockResolvedValue(undefined);
});

afterEach(() => {
  for (const { id } of toasts.items) dismiss(id);
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** The only note. */
function note() {
  expect(toasts.items).toHaveLength(1);
  const [only] = toasts.items;
  if (!only) throw new Error('there is no note');
  return only;
}

describe('a decision', () => {
  it('can be taken back for as long as the gateway says, also on the command line', async () => {
    await decide('one', manual, () => 'done');
    expect(note()).toMatchObject({ message: 'done', cli: 'toolgate review undo of one' });
    expect(note().until).toBe(Date.now() + 5000);
    await undo(note());
    expect(api.quarantine.undo).toHaveBeenCalledWith('of one');
  });

  it('of before is offered once, and not after its time', () => {
    offerUndo('two', { id: 'late', until: Date.now() - 1 });
    expect(toasts.items).toHaveLength(0);
    offerUndo('two', offer('in time'));
    offerUndo('two', offer('in time'));
    expect(note().cli).toBe('toolgate review undo in time');
  });

  it('is not offered a second time by what it brings about', async () => {
    const under = decide('three', manual, () => 'done');
    offerUndo('three', offer('of three'));
    await under;
    offerUndo('three', offer('of three'));
    expect(note().message).toBe('done');
  });
});

describe('decisions about several', () => {
  const both = new Map([
    ['a', manual],
    ['b', manual],
  ]);

  it('are told and taken back together', async () => {
    await decideAll(both, (n) => `${n} done`);
    expect(note().message).toBe('2 done');
    await undo(note());
    expect(vi.mocked(api.quarantine.undo).mock.calls.flat().toSorted()).toEqual(['of a', 'of b']);
  });

  it('leave out those that failed, and say so', async () => {
    vi.mocked(api.quarantine.decide).mockRejectedValueOnce(new Error('no'));
    await decideAll(both, (n) => `${n} done`);
    expect(toasts.items.map(({ tone }) => tone).toSorted()).toEqual(['done', 'problem']);
    const done = toasts.items.find(({ tone }) => tone === 'done');
    expect(done?.message).toBe('1 done');
    if (done) await undo(done);
    expect(api.quarantine.undo).toHaveBeenCalledExactlyOnceWith('of b');
  });
});
