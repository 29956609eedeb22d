import { describe, expect, it } from 'vitest';
import { keyCaps, pressName, Sequence } from './keys';

const plain = { ctrlKey: false, metaKey: false, altKey: false };

describe('pressName', () => {
  it('names keys as shortcuts are written', () => {
    expect(pressName({ ...plain, key: 'G' }, false)).toBe('g');
    expect(pressName({ ...plain, key: '?' }, false)).toBe('?');
    expect(pressName({ ...plain, key: 'Enter' }, false)).toBe('Enter');
    expect(pressName({ ...plain, key: 'k', ctrlKey: true }, false)).toBe('mod+k');
    expect(pressName({ ...plain, key: 'k', metaKey: true }, true)).toBe('mod+k');
  });

  it('leaves what belongs to the system alone', () => {
    expect(pressName({ ...plain, key: 'Control', ctrlKey: true }, false)).toBeNull();
    expect(pressName({ ...plain, key: 'k', metaKey: true }, false)).toBeNull();
    expect(pressName({ ...plain, key: 'k', ctrlKey: true }, true)).toBeNull();
    expect(pressName({ ...plain, key: 'k', altKey: true }, false)).toBeNull();
  });
});

describe('Sequence', () => {
  const known = ['g s', 'g h', 's', '/'];

  it('waits for the second key', () => {
    const sequence = new Sequence();
    expect(sequence.press('g', 0, known)).toBeNull();
    expect(sequence.press('s', 100, known)).toBe('g s');
  });

  it('forgets the first key after a while', () => {
    const sequence = new Sequence();
    sequence.press('g', 0, known);
    expect(sequence.press('s', 5000, known)).toBe('s');
  });

  it('starts again with a key that fits nothing so far', () => {
    const sequence = new Sequence();
    sequence.press('g', 0, known);
    expect(sequence.press('g', 10, known)).toBeNull();
    expect(sequence.press('h', 20, known)).toBe('g h');
    sequence.press('g', 30, known);
    expect(sequence.press('/', 40, known)).toBe('/');
    expect(sequence.press('x', 50, known)).toBeNull();
  });
});

describe('keyCaps', () => {
  it('draws the keys of each system', () => {
    expect(keyCaps('mod+k', true)).toEqual([['⌘', 'K']]);
    expect(keyCaps('mod+k', false)).toEqual([['Ctrl', 'K']]);
    expect(keyCaps('g s', false)).toEqual([['G'], ['S']]);
  });
});
