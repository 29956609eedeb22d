import { describe, expect, it } from 'vitest';
import { freeName, nameProblem, shortName } from './names';
import { toObject } from './pairs';

describe('names', () => {
  it('must be there and free', () => {
    expect(nameProblem(' ', [])).toBe('add.nameMissing');
    expect(nameProblem('time ', ['time'])).toBe('add.nameTaken');
    expect(nameProblem('time', ['times'])).toBeNull();
  });

  it('get a number where they are taken', () => {
    expect(freeName('time', [])).toBe('time');
    expect(freeName('time', ['time', 'time-2'])).toBe('time-3');
  });

  it('are short where the registry has long ones', () => {
    expect(shortName('io.github.acme/weather')).toBe('weather');
    expect(shortName('weather')).toBe('weather');
  });
});

describe('toObject', () => {
  it('leaves out rows without a name', () => {
    const pairs = [
      { name: ' KEY ', value: ' kept as typed ' },
      { name: '', value: 'lost' },
      { name: 'EMPTY', value: '' },
    ];
    expect(toObject(pairs)).toEqual({ KEY: ' kept as typed ', EMPTY: '' });
  });
});
