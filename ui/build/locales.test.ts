import { describe, expect, it } from 'vitest';
import en from '../src/locales/en';
import { fill, unpack } from '../src/lib/texts';
import { names, numbered, texts } from './locales';

const areas: Record<string, Record<string, unknown>> = en;

describe('the packed texts', () => {
  const unpacked = unpack(names(null), texts('en'));

  it('are the same when they are unpacked', () => {
    for (const [area, group] of Object.entries(areas)) {
      for (const [name, text] of Object.entries(group)) {
        const forms = typeof text === 'string' ? text : Object.values(text as object).join('\t');
        expect(unpacked.get(`${area}.${name}`), `${area}.${name}`).toBe(forms);
      }
    }
  });

  it.each(['de', 'es'])('have the same names in %s', (language) => {
    const found = unpack(names(null), texts(language));
    expect([...found.keys()]).toEqual([...unpacked.keys()]);
    expect([...found.values()].every(Boolean)).toBe(true);
    expect(fill(found.get('activity.more'), {}, 'en')).not.toBe('Load more');
  });
});

describe('the names that are loaded', () => {
  const needed = (code: string): string[] =>
    [...unpack(names(code), texts('en')).keys()].filter((key) => key.startsWith('activity.kind'));
  const all = needed('');

  it('are those that nothing asks for in whole', () => {
    expect(all).toContain('activity.kind_call');
    expect(needed("t('activity.kind')")).toEqual(all.filter((key) => key !== 'activity.kind'));
  });

  it('are those that are put together, or handed around', () => {
    expect(needed("t('activity.kind_call') + t(`activity.kind_${kind}`)")).toEqual(all);
    expect(needed("t('activity.kind'); const title = 'activity.kind'")).toEqual(all);
  });
});

describe('numbered', () => {
  it('asks by number, and only for texts', () => {
    const code = "t('a.b', { n }) + t(\n  'a.c',\n) + at('a.b') + set.t('a.b') + t('x.y') + 'a.b'";
    expect(numbered(code, ['a.c', 'a.b'])).toBe(
      "t('1', { n }) + t('0',\n) + at('a.b') + set.t('a.b') + t('x.y') + 'a.b'",
    );
  });
});
