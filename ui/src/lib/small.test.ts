import { describe, expect, it } from 'vitest';
import { backoff } from './backoff';
import { score } from './fuzzy';
import { readCode } from './session.svelte';
import { nextOrder, sorted } from './sort';

describe('score', () => {
  it('wants every word', () => {
    expect(score('restart git', 'Restart: github')).not.toBeNull();
    expect(score('restart git', 'Restart: slack')).toBeNull();
    expect(score('', 'anything')).not.toBeNull();
  });

  it('ranks the start of a word before its middle before scattered letters', () => {
    const texts = ['s.e.r.v', 'observer', 'a server'];
    const ranked = texts.toSorted((a, b) => (score('serv', b) ?? 0) - (score('serv', a) ?? 0));
    expect(ranked).toEqual(['a server', 'observer', 's.e.r.v']);
  });
});

describe('sorted', () => {
  const rows = [{ n: 10 }, { n: null }, { n: 2 }];

  it('puts what has no value last, both ways', () => {
    expect(sorted(rows, (row) => row.n, false, 'en').map((row) => row.n)).toEqual([2, 10, null]);
    expect(sorted(rows, (row) => row.n, true, 'en').map((row) => row.n)).toEqual([10, 2, null]);
  });

  it('reads numbers in names as numbers', () => {
    const names = ['server-10', 'Server-9', 'server-1'];
    expect(sorted(names, (name) => name, false, 'en')).toEqual([
      'server-1',
      'Server-9',
      'server-10',
    ]);
  });
});

describe('nextOrder', () => {
  it('goes up, down, and back to how it was', () => {
    const up = nextOrder(null, 'name');
    const down = nextOrder(up, 'name');
    expect(up).toEqual({ column: 'name', descending: false });
    expect(down).toEqual({ column: 'name', descending: true });
    expect(nextOrder(down, 'name')).toBeNull();
    expect(nextOrder(down, 'tools')).toEqual({ column: 'tools', descending: false });
  });
});

describe('backoff', () => {
  it('grows to a limit and never to nothing', () => {
    const waits = [1, 2, 3, 10, 1000].map((failures) => backoff(failures, () => 1));
    expect(waits).toEqual([300, 600, 1200, 8000, 8000]);
    expect(backoff(1, () => 0)).toBeGreaterThan(0);
  });
});

describe('readCode', () => {
  it('reads the code and the path', () => {
    expect(readCode('#code=abc&path=/review')).toEqual({ code: 'abc', path: '/review' });
    expect(readCode('#code=a%2Bb')).toEqual({ code: 'a+b', path: '/' });
  });

  it('leads nowhere else', () => {
    expect(readCode('#code=a&path=//evil.example')?.path).toBe('/');
    expect(readCode('#code=a&path=https://evil.example')?.path).toBe('/');
    expect(readCode('#/servers')).toBeNull();
    expect(readCode('')).toBeNull();
  });
});
