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
 * A text with `{name}` replaced by its value. A text of several plural forms is an object with
 * one text per form of `Intl.PluralRules`, chosen by the value `n`.
 */
export function fill(text: unknown, values: Values, language: Language): string | undefined {
  const form = typeof text === 'string' ? text : plural(text, values['n'], language);
  return form?.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? new Intl.NumberFormat(language).format(value) : value;
  });
}

function plural(text: unknown, n: unknown, language: Language): string | undefined {
  if (typeof text !== 'object' || text === null) return undefined;
  const forms = text as Record<string, string>;
  const form = new Intl.PluralRules(language).select(typeof n === 'number' ? n : 0);
  return forms[form] ?? forms['other'];
}
