import { describe, expect, it } from 'vitest';
import { setPointer } from './pointer';

describe('setPointer', () => {
  const entry = { command: 'npx', args: ['-y', 'pkg', 'UNITS'], env: { KEY: '' } };

  it.each([
    ['/env/KEY', { ...entry, env: { KEY: 'x' } }],
    ['/env/NEW', { ...entry, env: { KEY: '', NEW: 'x' } }],
    ['/args/2', { ...entry, args: ['-y', 'pkg', 'x'] }],
    ['/args/-', { ...entry, args: ['-y', 'pkg', 'UNITS', 'x'] }],
    ['/headers/Authorization', { ...entry, headers: { Authorization: 'x' } }],
    ['', 'x'],
  ])('%s', (pointer, expected) => {
    expect(setPointer(entry, pointer, 'x')).toEqual(expected);
  });

  it.each(['/args/9', '/args/name', '/command/deeper', 'env'])('leaves %s alone', (pointer) => {
    expect(setPointer(entry, pointer, 'x')).toEqual(entry);
  });

  it('never changes what it was given', () => {
    const before = structuredClone(entry);
    setPointer(entry, '/env/KEY', 'x');
    expect(entry).toEqual(before);
  });

  it('keeps the order', () => {
    const changed = setPointer(entry, '/args/2', 'x') as object;
    expect(Object.keys(changed)).toEqual(['command', 'args', 'env']);
  });

  it('reads escaped names', () => {
    expect(setPointer({}, '/a~1b/c~0d', 1)).toEqual({ 'a/b': { 'c~d': 1 } });
  });

  it('takes every name as a name of its own', () => {
    const changed = setPointer({}, '/__proto__/polluted', true) as object;
    expect(Object.hasOwn(changed, '__proto__')).toBe(true);
    expect('polluted' in {}).toBe(false);
  });
});
