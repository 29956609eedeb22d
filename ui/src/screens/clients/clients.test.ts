import { describe, expect, it } from 'vitest';
import type { ClientStatus } from '../../api/types';
import { apps, systemOf, type App } from './apps';
import { clientOf, inOrder, presence } from './presence';

const URL = 'http://127.0.0.1:8665/mcp';
const all = apps(URL);

function app(id: string): App {
  const found = all.find((one) => one.id === id);
  if (!found) throw new Error(id);
  return found;
}

function client(name: string, more: Partial<ClientStatus> = {}): ClientStatus {
  return { name, open: 0, last_seen: 0, last_call: null, calls: 0, failures: 0, ...more };
}

describe('what programs are told', () => {
  it.each(all.map(({ id }) => id))('%s: has the gateway in every snippet', (id) => {
    for (const { text } of app(id).snippets)
      expect(text).toMatch(/127\.0\.0\.1:8665\/mcp|"bridge"/);
  });

  it('is JSON wherever the file is', () => {
    const texts = all.flatMap(({ snippets }) => snippets.map(({ text }) => text));
    for (const text of texts.filter((one) => one.startsWith('{'))) {
      expect(() => JSON.parse(text) as unknown).not.toThrow();
    }
  });

  it('names the address as each program wants it', () => {
    const key = (id: string): string =>
      /"(\w*[uU]rl)"/.exec(app(id).snippets.at(-1)?.text ?? '')?.[1] ?? '';
    expect(['cursor', 'windsurf', 'gemini-cli'].map(key)).toEqual(['url', 'serverUrl', 'httpUrl']);
    expect(app('claude-desktop').snippets[0]?.text).not.toContain('http');
  });

  it('survives the way through an install link', () => {
    const code = app('vs-code').install?.split('?')[1] ?? '';
    expect(JSON.parse(decodeURIComponent(code))).toEqual({
      name: 'toolgate',
      type: 'http',
      url: URL,
    });
    const query = new URLSearchParams(app('cursor').install?.split('?')[1]);
    expect(query.get('name')).toBe('toolgate');
    expect(JSON.parse(atob(query.get('config') ?? ''))).toEqual({ url: URL });
  });
});

describe('a system', () => {
  it.each([
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64)', 'windows'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)', 'mac'],
    ['Mozilla/5.0 (X11; Linux x86_64)', 'linux'],
  ])('%s', (agent, system) => {
    expect(systemOf(agent)).toBe(system);
  });
});

describe('a client', () => {
  const now = 10_000_000;

  it('is active for a minute after a call, then idle while it is connected', () => {
    expect(presence(client('a', { last_call: now - 59_000 }), now)).toBe('active');
    expect(presence(client('a', { last_call: now - 60_000, open: 1 }), now)).toBe('idle');
    expect(presence(client('a', { last_call: now - 60_000 }), now)).toBe('seen');
    expect(presence(client('a', { open: 1 }), now)).toBe('idle');
  });

  it('that is active comes first', () => {
    const some = [
      client('gone', { last_seen: now }),
      client('idle', { open: 1, last_seen: 1 }),
      client('active', { last_call: now }),
      client('longer gone', { last_seen: 2 }),
    ];
    expect(inOrder(some, now).map(({ name }) => name)).toEqual([
      'active',
      'idle',
      'gone',
      'longer gone',
    ]);
  });

  it('is known by how its program calls itself', () => {
    const some = [
      client('claude-code 2.1', { last_seen: 1 }),
      client('claude-ai 0.1'),
      client('claude-code 2.2', { last_seen: 2 }),
    ];
    expect(clientOf(app('claude-code'), some)?.name).toBe('claude-code 2.2');
    expect(clientOf(app('claude-desktop'), some)?.name).toBe('claude-ai 0.1');
    expect(clientOf(app('other'), some)).toBeUndefined();
    expect(clientOf(app('zed'), [client('organized')])).toBeUndefined();
  });
});
