import { describe, expect, it } from 'vitest';
import { runs, ticks } from './scale';

describe('ticks', () => {
  it.each([
    [0, [0, 1]],
    [3, [0, 1, 2, 3]],
    [10, [0, 5, 10]],
    [170, [0, 50, 100, 150, 200]],
    [640, [0, 200, 400, 600, 800]],
    [12_345, [0, 5000, 10_000, 15_000]],
  ])('up to %i', (highest, expected) => {
    expect(ticks(highest)).toEqual(expected);
  });

  it('always reaches the highest value, with few numbers', () => {
    for (let highest = 1; highest < 2000; highest += 7) {
      const found = ticks(highest);
      expect(found.at(-1), `for ${highest}`).toBeGreaterThanOrEqual(highest);
      expect(found.length).toBeLessThanOrEqual(6);
    }
  });
});

describe('runs', () => {
  it('breaks where there is no value', () => {
    expect(runs([null, 1, 2, null, null, 3])).toEqual([
      [
        [1, 1],
        [2, 2],
      ],
      [[5, 3]],
    ]);
    expect(runs([])).toEqual([]);
  });
});
