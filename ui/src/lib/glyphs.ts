/** Characters that do not show, made visible: each becomes a glyph with its name. */

export interface Piece {
  text: string;
  /** What to draw instead; `null` for text that shows by itself. */
  glyph: string | null;
}

/** The same set as the gateway's own, and control characters other than line feed and tab. */
const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/u;

const NAMES: Record<number, string> = {
  0x0d: 'CR',
  0x1b: 'ESC',
  0xad: 'SHY',
  0x61c: 'ALM',
  0x200b: 'ZWSP',
  0x200c: 'ZWNJ',
  0x200d: 'ZWJ',
  0x200e: 'LRM',
  0x200f: 'RLM',
  0x2028: 'LSEP',
  0x2029: 'PSEP',
  0x202a: 'LRE',
  0x202b: 'RLE',
  0x202c: 'PDF',
  0x202d: 'LRO',
  0x202e: 'RLO',
  0x2060: 'WJ',
  0x2066: 'LRI',
  0x2067: 'RLI',
  0x2068: 'FSI',
  0x2069: 'PDI',
  0xfeff: 'BOM',
};

/** The text cut at the characters that do not show. */
export function pieces(text: string): Piece[] {
  if (!HIDDEN.test(text)) return text ? [{ text, glyph: null }] : [];
  const found: Piece[] = [];
  let shown = '';
  for (const character of text) {
    if (!HIDDEN.test(character)) {
      shown += character;
      continue;
    }
    if (shown) found.push({ text: shown, glyph: null });
    shown = '';
    found.push({ text: character, glyph: glyph(character.codePointAt(0) ?? 0) });
  }
  if (shown) found.push({ text: shown, glyph: null });
  return found;
}

/** How many characters of the text do not show. */
export function hidden(text: string): number {
  return pieces(text).filter((piece) => piece.glyph !== null).length;
}

function glyph(code: number): string {
  // Tags repeat ASCII invisibly, which is how whole sentences are hidden.
  if (code >= 0xe0020 && code <= 0xe007e) return `TAG ${String.fromCodePoint(code - 0xe0000)}`;
  return NAMES[code] ?? `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
