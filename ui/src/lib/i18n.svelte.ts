/** Texts, plural forms, dates and numbers in the person's language. */

import type en from '../locales/en';
import type { LanguageChoice } from '../api/types';
import { fill, pickLanguage, unpack, type Language, type Values } from './texts';
import names from 'virtual:texts/names';

type Texts = typeof en;

/** Every text there is, as `area.name`. */
export type Key = { [A in keyof Texts]: `${A}.${keyof Texts[A] & string}` }[keyof Texts];

const files: Record<Language, () => Promise<{ default: string }>> = {
  en: () => import('virtual:texts/en'),
  de: () => import('virtual:texts/de'),
  es: () => import('virtual:texts/es'),
};

let language = $state<Language>('en');
/** The language with the person's region, where the browser names one: `en-GB` has other dates. */
const locale = $derived(
  navigator.languages.find((tag) => tag.toLowerCase().startsWith(`${language}-`)) ?? language,
);
let texts = $state.raw<ReadonlyMap<string, string>>(new Map());

export const i18n = {
  get language(): Language {
    return language;
  },
};

/** Loads the texts of the language that is chosen, or of the browser's. */
export async function useLanguage(choice: LanguageChoice): Promise<void> {
  const wanted = pickLanguage(choice, navigator.languages);
  if (wanted === language && texts.size > 0) return;
  const file = await files[wanted]();
  texts = unpack(names, file.default);
  language = wanted;
  document.documentElement.lang = wanted;
}

/** The text with its values filled in; `n` chooses the plural form. */
export function t(key: Key, values: Values = {}): string {
  return fill(texts.get(key), values, language) ?? key;
}

/** Whether there is such a text, for words that come from the gateway. */
export function has(key: string): key is Key {
  return texts.has(key);
}

/** A number with the language's separators. */
export function number(value: number, options: Intl.NumberFormatOptions = {}): string {
  return new Intl.NumberFormat(locale, options).format(value);
}

/** A share, for example of failed calls, as a percentage. */
export function percent(value: number): string {
  return number(value, { style: 'percent', maximumFractionDigits: 1 });
}

/** A size, for example `1.4 MB`. */
export function bytes(value: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  const step = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  const scaled = value / 1000 ** step;
  const maximumFractionDigits = step === 0 || scaled >= 100 ? 0 : 1;
  const unit = units[step] ?? 'byte';
  // Only the whole word has a plural: `22 bytes`.
  const unitDisplay = step === 0 ? 'long' : 'short';
  return number(scaled, { style: 'unit', unit, unitDisplay, maximumFractionDigits });
}

/** A duration in its best unit, for example `85 ms` or `1.2 s`. */
export function duration(millis: number): string {
  const [value, unit, maximumFractionDigits] =
    millis < 1000
      ? ([millis, 'millisecond', 0] as const)
      : millis < 60_000
        ? ([millis / 1000, 'second', 1] as const)
        : ([millis / 60_000, 'minute', 0] as const);
  return number(value, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits });
}

/** A day and time of day in full. */
export function dateTime(at: number): string {
  return format(at, { dateStyle: 'medium', timeStyle: 'medium' });
}

/** A time of day, without seconds. */
export function timeOfDay(at: number): string {
  return format(at, { timeStyle: 'short' });
}

/** How long ago, or how far ahead, in words. */
export function relative(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1000);
  const steps = [
    [60, 1, 'second'],
    [3600, 60, 'minute'],
    [86_400, 3600, 'hour'],
    [Infinity, 86_400, 'day'],
  ] as const;
  const words = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
  if (Math.abs(seconds) < 10) return words.format(0, 'second');
  const step = steps.find(([limit]) => Math.abs(seconds) < limit) ?? steps[3];
  return words.format(Math.trunc(seconds / step[1]), step[2]);
}

/** Names as a list: `a, b and c`. */
export function list(items: string[]): string {
  return new Intl.ListFormat(locale, { type: 'conjunction' }).format(items);
}

function format(at: number, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale, options).format(at);
}
