import { describe, expect, it } from 'vitest';
import { recipes } from './recipes';

describe('recipes', () => {
  const endpoint = 'http://127.0.0.1:9/mcp';
  const all = recipes(endpoint);

  it('lead to this gateway, by address or by the bridge', () => {
    for (const { app, text } of all) {
      expect(text.includes(endpoint) || text.includes('"bridge"'), app).toBe(true);
    }
  });

  it('give files as JSON, with the name of the file', () => {
    for (const { kind, file, text } of all) {
      if (kind !== 'file') continue;
      expect(file).toBeTruthy();
      expect(() => JSON.parse(text) as unknown).not.toThrow();
    }
  });

  it('have ids of their own', () => {
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  });
});
