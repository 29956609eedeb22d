import { describe, expect, it } from 'vitest';
import { diffLines } from './diff';

function drawn(before: string, after: string): string {
  const signs = { same: ' ', added: '+', removed: '-' };
  return diffLines(before, after)
    .map(({ kind, text }) => signs[kind] + text)
    .join('|');
}

describe('diffLines', () => {
  it.each([
    ['', '', ''],
    ['a', 'a', ' a'],
    ['', 'a\nb', '+a|+b'],
    ['a\nb', '', '-a|-b'],
    ['a\nb\nc', 'a\nx\nc', ' a|-b|+x| c'],
    ['a\nb\nc\nd', 'b\nd\ne', '-a| b|-c| d|+e'],
    ['same\nsame', 'same', ' same|-same'],
  ])('%j to %j', (before, after, expected) => {
    expect(drawn(before, after)).toBe(expected);
  });

  it('always holds both texts', () => {
    const before = 'a\nb\nc\na\nb\nb\na';
    const after = 'c\nb\na\nb\na\nc';
    const lines = diffLines(before, after);
    const side = (skip: string): string =>
      lines
        .filter(({ kind }) => kind !== skip)
        .map(({ text }) => text)
        .join('\n');
    expect(side('added')).toBe(before);
    expect(side('removed')).toBe(after);
  });

  it('replaces what is too large to compare', () => {
    const text = (mark: string): string =>
      Array.from({ length: 1100 }, (_, line) => `${mark}${line}`).join('\n');
    const kinds = diffLines(text('a'), text('b')).map(({ kind }) => kind);
    expect(kinds.lastIndexOf('removed')).toBe(1099);
    expect(kinds.indexOf('added')).toBe(1100);
  });
});
