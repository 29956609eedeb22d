import { describe, expect, it } from 'vitest';
import type { ToolSummary } from '../api/types';
import { byServer, duplicates, highlight, matches, tokens } from './ranking';

const tool = (server: string, name: string, rest: Partial<ToolSummary> = {}): ToolSummary => ({
  id: `${server}__${name}`,
  server,
  name,
  description: '',
  effect: 'read',
  tokens: 10,
  ...rest,
});

const drawn = (text: string, words: string[]): string =>
  highlight(text, words)
    .map((piece) => (piece.hit ? `[${piece.text}]` : piece.text))
    .join('');

describe('highlight', () => {
  it.each([
    ['create_issue', ['issues'], 'create_[issue]'],
    ['Creates an issue.', ['create', 'ISSUE'], '[Creates] an [issue].'],
    ['nothing here', [], 'nothing here'],
    ['a list', ['a'], '[a] list'],
    ['Straße öffnen', ['öffnen'], 'Straße [öffnen]'],
    ['', ['a'], ''],
  ])('%j by %j', (text, words, expected) => {
    expect(drawn(text, words)).toBe(expected);
  });
});

describe('matches', () => {
  it('names each place with its words', () => {
    const found = tool('github', 'create_issue', {
      description: 'Creates a new issue.',
      matched: ['issue', 'new', 'github'],
    });
    expect(matches(found)).toEqual([
      { place: 'name', words: ['issue'] },
      { place: 'description', words: ['issue', 'new'] },
      { place: 'server', words: ['github'] },
    ]);
    expect(matches(tool('a', 'b'))).toEqual([]);
  });
});

describe('lists', () => {
  const tools = [tool('a', 'read'), tool('b', 'read'), tool('a', 'write'), tool('a', 'write')];

  it('find names of several servers', () => {
    expect([...duplicates(tools)]).toEqual([['read', ['a', 'b']]]);
  });

  it('group by server and add up', () => {
    expect(byServer(tools).map(({ server, tools: own }) => [server, own.length])).toEqual([
      ['a', 3],
      ['b', 1],
    ]);
    expect(tokens(tools)).toBe(40);
  });
});
