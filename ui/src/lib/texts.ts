/** The pure part of the texts: which language, which plural form, which values. */

export const LANGUAGES = ['en', 'de', 'es'] as const;
export type Language = (typeof LANGUAGES)[number];
export type Values = Record<string, string | number>;

/** The language that is chosen, else the first one of the browser's that there is, else English. */
export function pickLanguage(choice: string, browser: readonly string[]): Language {
  const wanted = [choice, ...browser].map((tag) => tag.toLowerCase().split('-')[0]);
  for (const tag of wanted) {
    const found = LANGUAGES.find((language) => language === tag);
    if (found) return found;
  }
  return 'en';
}

/**
 * All texts from their names and a language's lines: by their number, and by their key, `area.name`,
 * where they have a name.
 */
export function unpack(names: string, texts: string): Map<string, string> {
  const found = new Map(texts.split('\n').map((text, index) => [String(index), text]));
  let index = 0;
  for (const line of names.split('\n')) {
    const [area, ...own] = line.split(' ');
    for (const name of own) {
      if (name) found.set(`${area}.${name}`, found.get(String(index)) ?? '');
      index += 1;
    }
  }
  return found;
}

/**
 * A text with `{name}` replaced by its value. Where a tab is in it, it has a form for one and a
 * form for several, chosen by the value `n`.
 */
export function fill(
  text: string | undefined,
  values: Values,
  language: Language,
): string | undefined {
  return plural(text, values['n'], language)?.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? new Intl.NumberFormat(language).format(value) : value;
  });
}

function plural(text: string | undefined, n: unknown, language: Language): string | undefined {
  const [one, other] = text?.split('\t', 2) ?? [];
  if (other === undefined) return one;
  const form = new Intl.PluralRules(language).select(typeof n === 'number' ? n : 0);
  return form === 'one' ? one : other;
}
