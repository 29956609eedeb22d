import { describe, expect, it } from 'vitest';
import { hidden, pieces } from './glyphs';

const drawn = (text: string): string =>
  pieces(text)
    .map(({ text: shown, glyph }) => (glyph === null ? shown : `[${glyph}]`))
    .join('');

describe('pieces', () => {
  it.each([
    ['plain', 'plain'],
    ['', ''],
    ['two\nlines\tand a tab', 'two\nlines\tand a tab'],
    ['npx\u200bserver', 'npx[ZWSP]server'],
    ['\u202etxt.exe', '[RLO]txt.exe'],
    ['a\u{e0041}\u{e0042}', 'a[TAG A][TAG B]'],
    ['\u0007', '[U+0007]'],
    ['ä漢🦀', 'ä漢🦀'],
  ])('%j is drawn as %j', (text, expected) => {
    expect(drawn(text)).toBe(expected);
  });

  it('loses nothing of the text', () => {
    const text = 'a\u200bb\u{e0041}\ufeff\u0000c';
    expect(
      pieces(text)
        .map((piece) => piece.text)
        .join(''),
    ).toBe(text);
  });
});

describe('hidden', () => {
  it('counts what does not show', () => {
    expect(hidden('a\u200bb\u200c')).toBe(2);
    expect(hidden('a b')).toBe(0);
  });
});
