import { describe, expect, it } from 'vitest';
import en from '../src/locales/en';
import { fill, unpack } from '../src/lib/texts';
import { names, texts } from './locales';

const areas: Record<string, Record<string, unknown>> = en;

describe('the packed texts', () => {
  it('are the same when they are unpacked', () => {
    const found = unpack(names(), texts('en'));
    const expected = Object.entries(areas).flatMap(([area, group]) =>
      Object.entries(group).map(([name, text]) => [
        `${area}.${name}`,
        typeof text === 'string' ? text : Object.values(text as object).join('\t'),
      ]),
    );
    expect(new Map([...found].sort())).toEqual(new Map(expected.sort() as [string, string][]));
  });

  it.each(['de', 'es'])('have the same names in %s', (language) => {
    const found = unpack(names(), texts(language));
    expect([...found.keys()]).toEqual([...unpack(names(), texts('en')).keys()]);
    expect([...found.values()].every(Boolean)).toBe(true);
    expect(fill(found.get('activity.more'), {}, 'en')).not.toBe('Load more');
  });
});
