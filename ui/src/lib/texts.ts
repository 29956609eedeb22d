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

/** All texts by their key, `area.name`, from their names and a language's lines. */
export function unpack(names: string, texts: string): Map<string, string> {
  const keys = names.split('\n').flatMap((line) => {
    const [area, ...own] = line.split(' ');
    return own.map((name) => `${area}.${name}`);
  });
  const lines = texts.split('\n');
  return new Map(keys.map((key, index) => [key, lines[index] ?? key]));
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
