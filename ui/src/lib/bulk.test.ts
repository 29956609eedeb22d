import { describe, expect, it, vi } from 'vitest';
import { forEach } from './bulk';
import { toasts } from './toasts.svelte';

describe('forEach', () => {
  it('does it once for each, a few at a time', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `s${index}`);
    let now = 0;
    let most = 0;
    const act = vi.fn(async () => {
      most = Math.max(most, (now += 1));
      await Promise.resolve();
      now -= 1;
    });
    expect((await forEach(names, act)).toSorted()).toEqual(names);
    expect(act.mock.calls.flat()).toEqual(names);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
  });

  it('goes on after a failure, and tells of it', async () => {
    const done = await forEach(['a', 'b', 'c'], (name) =>
      name === 'b' ? Promise.reject(new Error('no')) : Promise.resolve(),
    );
    expect(done.toSorted()).toEqual(['a', 'c']);
    expect(toasts.items.filter(({ tone }) => tone === 'problem')).toHaveLength(1);
  });
});
