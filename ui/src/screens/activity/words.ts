/** How what happened is said. */

import type { Activity, ActivityKind, Outcome } from '../../api/types';
import type { IconName } from '../../components/icons';
import { has, number, t } from '../../lib/i18n.svelte';

export const kindIcons: Record<ActivityKind, IconName> = {
  call: 'tools',
  change: 'edit',
  server: 'servers',
  'sign-in': 'key',
  quarantine: 'review',
  access: 'clients',
};

/** Only what did not go well is marked. */
export const marks: Record<Exclude<Outcome, 'ok'>, { tone: 'bad' | 'warning'; icon: IconName }> = {
  'tool-error': { tone: 'bad', icon: 'bad' },
  refused: { tone: 'warning', icon: 'off' },
  'timed-out': { tone: 'bad', icon: 'clock' },
  lost: { tone: 'bad', icon: 'warning' },
};

/** The outcome in a word. */
export function outcomeWord(outcome: Outcome): string {
  return t(`activity.outcome_${outcome}`);
}

/** The entry in short, for titles; access is about a client, not a server. */
export function about(entry: Activity): string {
  const what = entry.kind === 'call' ? entry.tool : said(entry);
  return [entry.server || entry.client, what].filter(Boolean).join(' · ');
}

/**
 * What happened to the server. The gateway says `removed in the file` or `crash loop: why`; the
 * words that are known before the colon are said in the person's language.
 */
export function said({ kind, text }: Activity): string {
  if (!text) return t(`activity.kind_${kind}`);
  const [, word = '', rest = ''] = /^([a-z -]+)(:.*)?$/s.exec(text) ?? [];
  const key = `activity.said_${word.replaceAll(/[ -]/g, '_')}`;
  return has(key) ? `${t(key)}${rest}` : text;
}

/** A step of the pipeline in words, or as the gateway calls it. */
export function stepWord(step: string): string {
  const key = `activity.step_${step}`;
  return has(key) ? t(key) : step;
}

/** A short time; below a millisecond as microseconds. */
export function micros(value: number): string {
  return value < 1000
    ? `${number(Math.round(value))} µs`
    : `${number(value / 1000, { maximumFractionDigits: value < 10_000 ? 1 : 0 })} ms`;
}
