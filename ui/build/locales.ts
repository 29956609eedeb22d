/**
 * The texts as the page loads them: one per line, in the order of the English files, and the names
 * of all of them once. As JSON, each language would repeat every name.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Plugin } from 'vite';

const FOLDER = resolve(import.meta.dirname, '../src/locales');
const PREFIX = 'virtual:texts/';

type Texts = Record<string, string | { one: string; other: string }>;

/** Makes `virtual:texts/names` and, for each language, `virtual:texts/<language>`. */
export function locales(): Plugin {
  return {
    name: 'locales',
    resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : null),
    load(id) {
      if (!id.startsWith(`\0${PREFIX}`)) return null;
      const wanted = id.slice(PREFIX.length + 1);
      const language = wanted === 'names' ? 'en' : wanted;
      for (const area of areas()) this.addWatchFile(join(FOLDER, language, area));
      const packed = wanted === 'names' ? names() : texts(language);
      return `export default ${JSON.stringify(packed)}`;
    },
  };
}

/** A line for each area: its name, then its texts' names. */
export function names(): string {
  const lines = areas().map((area) => [
    area.replace('.json', ''),
    ...Object.keys(read('en', area)),
  ]);
  return lines.map((line) => line.join(' ')).join('\n');
}

/** A line for each text; a tab is between its forms for one and for several. */
export function texts(language: string): string {
  const lines = areas().flatMap((area) => {
    const own = read(language, area);
    return Object.keys(read('en', area)).map((name) =>
      line(own[name], `${language} ${area} ${name}`),
    );
  });
  return lines.join('\n');
}

function line(text: Texts[string] | undefined, where: string): string {
  const forms = typeof text === 'string' ? [text] : [text?.one, text?.other];
  if (!forms.every((form) => form && !/[\n\t]/.test(form))) throw new Error(`no text: ${where}`);
  return forms.join('\t');
}

function areas(): string[] {
  return readdirSync(join(FOLDER, 'en')).filter((name) => name.endsWith('.json'));
}

function read(language: string, area: string): Texts {
  return JSON.parse(readFileSync(join(FOLDER, language, area), 'utf8')) as Texts;
}
