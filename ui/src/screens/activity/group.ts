/** Entries that say the same, one after the other, as one row. */

import type { Activity, ActivityFilter, ActivityKind, Outcome } from '../../api/types';

export interface Row {
  entry: Activity;
  /** How many entries the row stands for; 1 for one that is shown by itself. */
  count: number;
  /** The group that it opens and closes, by its oldest entry, so that newer ones keep it open. */
  group: string | null;
  /** Part of an open group. */
  inner: boolean;
}

/** The rows for entries, newest first; of a group that is open, its entries as well. */
export function rows(entries: readonly Activity[], open: ReadonlySet<string>): Row[] {
  return groups(entries).flatMap((group): Row[] => {
    const [entry] = group;
    if (!entry) return [];
    if (group.length === 1) return [{ entry, count: 1, group: null, inner: false }];
    const id = String(group.at(-1)?.id);
    const head = { entry, count: group.length, group: id, inner: false };
    if (!open.has(id)) return [head];
    const inner = group.slice(1).map((one) => ({ entry: one, count: 1, group: null, inner: true }));
    return [head, ...inner];
  });
}

function groups(entries: readonly Activity[]): Activity[][] {
  const found: Activity[][] = [];
  for (const entry of entries) {
    const last = found.at(-1);
    if (last?.[0] && sameWords(last[0], entry)) last.push(entry);
    else found.push([entry]);
  }
  return found;
}

function sameWords(one: Activity, other: Activity): boolean {
  const keys = ['kind', 'client', 'server', 'tool', 'outcome', 'text'] as const;
  return keys.every((key) => one[key] === other[key]);
}

/** The newest page put in front of what is known; only itself, where entries between are missing. */
export function merge(known: readonly Activity[], page: readonly Activity[]): readonly Activity[] {
  const newest = known[0];
  if (!newest || page.length === 0) return page;
  const fresh = page.filter((entry) => entry.id > newest.id);
  const complete = fresh.length < page.length;
  return complete ? [...fresh, ...known] : page;
}

export const KINDS: readonly ActivityKind[] = [
  'call',
  'change',
  'server',
  'sign-in',
  'quarantine',
  'access',
];
export const OUTCOMES: readonly Outcome[] = ['ok', 'tool-error', 'refused', 'timed-out', 'lost'];

/** The names that the address and the API know the filter by. */
export const FILTERS = ['kind', 'client', 'server', 'tool', 'outcome', 'text'] as const;
export type FilterName = (typeof FILTERS)[number];

/** The filter that an address asks for; words that there are not are left out. */
export function readFilter(query: URLSearchParams): ActivityFilter {
  const text = (name: FilterName): string | undefined => query.get(name) || undefined;
  return {
    kind: KINDS.find((kind) => kind === query.get('kind')),
    outcome: OUTCOMES.find((outcome) => outcome === query.get('outcome')),
    client: text('client'),
    server: text('server'),
    tool: text('tool'),
    text: text('text'),
  };
}

/** Where each step begins and how much of the whole it takes, both from 0 to 1. */
export function waterfall(micros: readonly number[]): { start: number; share: number }[] {
  const whole = micros.reduce((sum, one) => sum + one, 0) || 1;
  let before = 0;
  return micros.map((one) => {
    const start = before / whole;
    before += one;
    return { start, share: one / whole };
  });
}
