import { describe, expect, it } from 'vitest';
import { fill, pickLanguage, unpack } from './texts';

type Files = Record<string, Record<string, unknown>>;

const en: Files = import.meta.glob('../locales/en/*.json', { eager: true, import: 'default' });
const de: Files = import.meta.glob('../locales/de/*.json', { eager: true, import: 'default' });
const es: Files = import.meta.glob('../locales/es/*.json', { eager: true, import: 'default' });

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
  const servers = '{n} server\t{n} servers';

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

describe('unpack', () => {
  it('gives every text its number, and its name where it has one', () => {
    const found = unpack('nav home  tools\nadd lead', 'Home\nLogs\nTools\nPaste anything.');
    expect(Object.fromEntries(found)).toEqual({
      0: 'Home',
      1: 'Logs',
      2: 'Tools',
      3: 'Paste anything.',
      'nav.home': 'Home',
      'nav.tools': 'Tools',
      'add.lead': 'Paste anything.',
    });
  });
});

/** Every text with the names of its values, by its key. */
function shape(files: Files): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [file, texts] of Object.entries(files)) {
    const area = file.split('/').at(-1);
    for (const [name, text] of Object.entries(texts)) {
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
