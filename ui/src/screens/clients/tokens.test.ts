import { describe, expect, it } from 'vitest';
import type { ClientToken } from '../../api/types';
import { apps, SOME_TOKEN } from './apps';
import { cliOf, good, headerOf, inOrder, wish } from './tokens';

const now = 1_000_000;

function token(id: string, more: Partial<ClientToken> = {}): ClientToken {
  const usual = { created_at: 0, expires_at: null, last_used: null, servers: null, tools: null };
  return { id, name: id, ...usual, ...more };
}

describe('the wish for a token', () => {
  it('asks for no more than was chosen', () => {
    expect(wish(' VS Code ', [], 0, now)).toEqual({ name: 'VS Code' });
    expect(wish('a', ['time'], 30, now)).toEqual({
      name: 'a',
      servers: ['time'],
      expires_at: now + 30 * 24 * 60 * 60 * 1000,
    });
  });
});

describe('the command for a token', () => {
  it('says what was chosen', () => {
    expect(cliOf(' ', [], 0)).toBe('toolgate tokens add NAME');
    expect(cliOf('VS Code', ['time', 'my notes'], 30)).toBe(
      "toolgate tokens add 'VS Code' --server time --server 'my notes' --expires 30d",
    );
  });
});

describe('a token', () => {
  it('is good until its very end', () => {
    expect(good(token('a'), now)).toBe(true);
    expect(good(token('a', { expires_at: null }), now)).toBe(true);
    expect(good(token('a', { expires_at: now + 1 }), now)).toBe(true);
    expect(good(token('a', { expires_at: now }), now)).toBe(false);
  });

  it('that is good comes first, then the latest', () => {
    const all = [
      token('ended', { expires_at: 1, created_at: 9 }),
      token('old'),
      token('new', { created_at: 5 }),
    ];
    expect(inOrder(all, now).map(({ id }) => id)).toEqual(['new', 'old', 'ended']);
  });
});

describe('what programs are told of a token', () => {
  const url = 'http://127.0.0.1:8665/mcp';
  const texts = (all: ReturnType<typeof apps>): string[] =>
    all.flatMap(({ snippets }) => snippets.map(({ text }) => text));

  it('is in every entry that names the address', () => {
    for (const text of texts(apps(url, 'required', 'tg_1')).filter((one) => one.includes(url))) {
      expect(text).toContain('Bearer tg_1');
      expect(text).not.toContain(SOME_TOKEN);
    }
  });

  it('is named only where the gateway asks for one', () => {
    expect(texts(apps(url)).join()).toContain(SOME_TOKEN);
    expect(texts(apps(url, 'off')).join()).not.toMatch(/authorization|headers/i);
  });

  it('is never in an address that is handed to another program', () => {
    for (const { install } of apps(url, 'required', 'tg_1')) {
      expect(decodeURIComponent(install ?? '')).not.toContain('tg_1');
    }
  });

  it('is a header', () => {
    expect(headerOf('tg_1')).toBe('Authorization: Bearer tg_1');
  });
});
