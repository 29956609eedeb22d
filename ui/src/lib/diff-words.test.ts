import { describe, expect, it } from 'vitest';
import { diffWords } from './diff';

const drawn = (before: string, after: string): string[] =>
  diffWords(before, after).map(
    ({ kind, parts }) =>
      ({ same: ' ', added: '+', removed: '-' })[kind] +
      parts.map(({ text, changed }) => (changed ? `[${text}]` : text)).join(''),
  );

describe('diffWords', () => {
  it('marks only the words that differ', () => {
    expect(drawn('one\n"a": 1,\nend', 'one\n"a": 2,\nend')).toEqual([
      ' one',
      '-"a": [1],',
      '+"a": [2],',
      ' end',
    ]);
  });

  it('marks nothing in lines without a counterpart', () => {
    expect(drawn('a', 'a\nb')).toEqual([' a', '+b']);
    expect(drawn('a\nb', '')).toEqual(['-a', '-b']);
  });

  it('tells hidden characters from nothing', () => {
    expect(drawn('run it', 'run\u200b it')).toEqual(['-run it', '+run[\u200b] it']);
  });

  it('pairs the lines of a longer block in their order', () => {
    expect(drawn('x 1\ny 1', 'x 2\ny 2\nz')).toEqual([
      '-x [1]',
      '-y [1]',
      '+x [2]',
      '+y [2]',
      '+z',
    ]);
  });
});
