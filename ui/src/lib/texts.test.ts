import { describe, expect, it } from 'vitest';
import de from '../locales/de';
import en from '../locales/en';
import es from '../locales/es';
import { fill, pickLanguage } from './texts';

describe('pickLanguage', () => {
  it.each([
    ['de', ['en'], 'de'],
    ['auto', ['es-MX', 'en'], 'es'],
    ['auto', ['fr', 'de-AT'], 'de'],
    ['auto', ['fr'], 'en'],
    ['auto', [], 'en'],
  ])('chooses for %s and %j', (choice, browser, language) => {
    expect(pickLanguage(choice, browser)).toBe(language);
  });
});

describe('fill', () => {
  const servers = { one: '{n} server', other: '{n} servers' };

  it('puts values in their places', () => {
    expect(fill('{name} of {name}: {n}', { name: 'a', n: 1234 }, 'en')).toBe('a of a: 1,234');
    expect(fill('{n}', { n: 1234567 }, 'de')).toBe('1.234.567');
  });

  it('leaves a place without a value as it is', () => {
    expect(fill('for {name}', {}, 'en')).toBe('for {name}');
  });

  it('chooses the plural form', () => {
    expect(fill(servers, { n: 1 }, 'en')).toBe('1 server');
    expect(fill(servers, { n: 0 }, 'en')).toBe('0 servers');
    expect(fill(servers, { n: 2 }, 'en')).toBe('2 servers');
  });

  it('knows nothing of a text that is not there', () => {
    expect(fill(undefined, {}, 'en')).toBeUndefined();
  });
});

/** Every text with the names of its values, by its key. */
function shape(texts: object): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [area, group] of Object.entries(texts)) {
    for (const [name, text] of Object.entries(group as Record<string, unknown>)) {
      const words = typeof text === 'string' ? text : Object.values(text as object).join(' ');
      const values = new Set(words.match(/\{\w+\}/g) ?? []);
      found[`${area}.${name}`] = [typeof text, ...[...values].sort()].join(' ');
    }
  }
  return found;
}

describe('the languages', () => {
  it.each([
    ['German', de],
    ['Spanish', es],
  ])('%s has every text with the same values', (_, texts) => {
    expect(shape(texts)).toEqual(shape(en));
  });

  it.each([
    ['English', en],
    ['German', de],
    ['Spanish', es],
  ])('%s has no empty text', (_, texts) => {
    const words = Object.entries(texts).flatMap(([area, group]) =>
      Object.entries(group).map(([name, text]) => [`${area}.${name}`, JSON.stringify(text)]),
    );
    expect(words.filter(([, text]) => text === '""' || text === '{}')).toEqual([]);
  });
});
