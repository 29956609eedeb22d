/**
 * The texts as the page loads them: one per line, in the order of the English files. As JSON, each
 * language would repeat every name.
 *
 * What is built asks for most texts by the number of their line, so that only those names are
 * loaded that the code puts together from parts or hands around.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Plugin } from 'vite';

const SOURCES = resolve(import.meta.dirname, '../src');
const FOLDER = join(SOURCES, 'locales');
const PREFIX = 'virtual:texts/';

type Texts = Record<string, string | { one: string; other: string }>;

/** A text that is asked for by its whole name. */
const ASKED = /(?<![\w.$])t\(\s*'([\w.-]+)'/g;

/** Makes `virtual:texts/names` and, for each language, `virtual:texts/<language>`. */
export function locales(): Plugin {
  let building = false;
  return {
    name: 'locales',
    enforce: 'pre',
    configResolved: ({ command }) => void (building = command === 'build'),
    resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : null),
    load(id) {
      if (!id.startsWith(`\0${PREFIX}`)) return null;
      const wanted = id.slice(PREFIX.length + 1);
      const language = wanted === 'names' ? 'en' : wanted;
      for (const area of areas()) this.addWatchFile(join(FOLDER, language, area));
      const packed = wanted === 'names' ? names(building ? sources() : null) : texts(language);
      return `export default ${JSON.stringify(packed)}`;
    },
    transform: (code, id) =>
      building && isSource(id) ? { code: numbered(code, keys()), map: null } : null,
  };
}

/** A line for each area: its name, then its texts' names; only those that this code needs. */
export function names(code: string | null): string {
  const whole = code?.replace(ASKED, '');
  const begun = [...(whole ?? '').matchAll(/`([\w-]+\.[\w-]*)\$\{/g)].map(
    ([, begin]) => begin ?? '',
  );
  const needed = (key: string): boolean =>
    whole === undefined ||
    whole.includes(`'${key}'`) ||
    !code?.includes(`'${key}'`) ||
    begun.some((begin) => key.startsWith(begin));
  const lines = areas().map((file) => {
    const area = file.replace('.json', '');
    const own = Object.keys(read('en', file));
    return [area, ...own.map((name) => (needed(`${area}.${name}`) ? name : ''))].join(' ');
  });
  return lines.join('\n');
}

/** The code with every `t('area.name')` asking for the text by its number. */
export function numbered(code: string, all: readonly string[]): string {
  return code.replace(ASKED, (whole, key: string) => {
    const number = all.indexOf(key);
    return number < 0 ? whole : `t('${number}'`;
  });
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

function keys(): string[] {
  return areas().flatMap((file) =>
    Object.keys(read('en', file)).map((name) => `${file.replace('.json', '')}.${name}`),
  );
}

function isSource(file: string): boolean {
  return file.startsWith(SOURCES) && /(?<!\.test|\.d)\.(svelte|ts)$/.test(file);
}

/** All code of the page. */
function sources(): string {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' });
  const code = files.map((file) => join(SOURCES, file)).filter(isSource);
  return code.map((file) => readFileSync(file, 'utf8')).join('\n');
}

function areas(): string[] {
  return readdirSync(join(FOLDER, 'en')).filter((name) => name.endsWith('.json'));
}

function read(language: string, area: string): Texts {
  return JSON.parse(readFileSync(join(FOLDER, language, area), 'utf8')) as Texts;
}
