import { describe, expect, it } from 'vitest';
import {
  asMarkdown,
  blocks,
  countLevels,
  matches,
  ofLevels,
  readLine,
  spans,
  unknown,
  type LogLine,
} from './line';

const T = '2026-01-31T23:59:59.999Z';

function lines(...raw: string[]): LogLine[] {
  return raw.map((text, id) => readLine(text, id));
}

describe('a line', () => {
  it('of a server has no level of its own', () => {
    expect(readLine(`${T} stderr: error: gone`, 7)).toEqual({
      id: 7,
      at: Date.UTC(2026, 0, 31, 23, 59, 59, 999),
      level: 'output',
      text: 'error: gone',
      raw: `${T} stderr: error: gone`,
    });
  });

  it.each([
    ['gateway ERROR: lost', 'error', 'lost'],
    ['gateway WARN: slow', 'warn', 'slow'],
    ['gateway TRACE: in', 'debug', 'in'],
    [' INFO gateway: listening port=8665', 'info', 'gateway: listening port=8665'],
    ['ERROR upstream: gone', 'error', 'upstream: gone'],
    ['stderr: ', 'output', ''],
  ])('of the gateway says how serious it is: %s', (rest, level, text) => {
    expect(readLine(`${T} ${rest}`, 0)).toMatchObject({ level, text });
  });

  it.each(['', 'plain words', '2026-01-31 INFO x', `${T} elsewhere WARN: x`])(
    'of another form is output without a time: %s',
    (raw) => {
      expect(readLine(raw, 0)).toEqual({ id: 0, at: null, level: 'output', text: raw, raw });
    },
  );
});

describe('many lines', () => {
  const some = lines(
    `${T} gateway WARN: slow disk`,
    `${T} stderr: SLOW (a.b)`,
    `${T} gateway INFO: up`,
  );

  it('are narrowed to the levels that are chosen', () => {
    expect(ofLevels(some, new Set(['warn', 'info'])).map(({ id }) => id)).toEqual([0, 2]);
    expect(ofLevels(some, new Set())).toBe(some);
    expect(countLevels(some)).toEqual({ error: 0, warn: 1, info: 1, debug: 0, output: 1 });
  });

  it('are searched without regard to case, and to the letter', () => {
    expect(matches(some, 'slow')).toEqual([
      { index: 0, id: 0 },
      { index: 1, id: 1 },
    ]);
    expect(matches(some, 'a.b')).toHaveLength(1);
    expect(matches(some, 'a?b')).toEqual([]);
    expect(matches(some, '')).toEqual([]);
    expect(spans('aXbx', 'x')).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('keep their fences as Markdown', () => {
    expect(asMarkdown('github', lines('a ``` b'))).toBe('**github**\n\n````text\na ``` b\n````\n');
  });
});

describe('blocks', () => {
  const some = lines(...Array.from({ length: 250 }, (_, index) => `line ${index}`));
  const first = blocks(some, []);

  it('hold every line once, in order', () => {
    expect(first.map((block) => block.lines.length)).toEqual([100, 100, 50]);
    expect(first.flatMap((block) => block.lines)).toEqual(some);
  });

  it('stay the same where nothing came or went', () => {
    const next = blocks([...some.slice(1), readLine('new', 250)], first);
    expect(next.map((block, index) => block === first[index])).toEqual([false, true, false]);
    expect(next[0]?.lines[0]).toBe(some[1]);
  });

  it('show what a filter left of them', () => {
    const even = some.filter(({ id }) => id % 2 === 0);
    expect(blocks(even, first).map((block) => block.lines.length)).toEqual([50, 50, 25]);
  });
});

describe('lines that come again', () => {
  const at = (second: number, text: string): string =>
    `2026-01-01T00:00:0${second}.000Z stderr: ${text}`;
  const texts = (found: LogLine[]): string[] => found.map(({ text }) => text);

  it('are shown once', () => {
    const known = lines(at(1, 'a'), at(2, 'b'));
    expect(texts(unknown(known, lines(at(1, 'a'), at(2, 'b'), at(2, 'c'), at(3, 'd'))))).toEqual([
      'c',
      'd',
    ]);
    expect(unknown(known, lines(at(1, 'a')))).toEqual([]);
  });

  it('are all new where nothing is known', () => {
    expect(texts(unknown([], lines(at(1, 'a'), 'b')))).toEqual(['a', 'b']);
  });

  it('are told apart without a time by what surrounds them', () => {
    expect(texts(unknown(lines('a', 'b', 'b'), lines('b', 'b', 'c')))).toEqual(['c']);
    expect(texts(unknown(lines('a'), lines('x')))).toEqual(['x']);
  });
});
