/** Where a server stands, as a sentence. */

import type { ServerStatus } from '../api/types';
import { number, relative, t } from './i18n.svelte';

const UNITS = [
  [60_000, 'second', 1000],
  [3_600_000, 'minute', 60_000],
  [86_400_000, 'hour', 3_600_000],
  [Infinity, 'day', 86_400_000],
] as const;

export function standing(server: ServerStatus, now: number): string {
  const time = span(Math.max(0, now - server.since));
  const n = server.attempts ?? 0;
  const next = relative(Math.max(server.retry_at ?? now, now), now);
  switch (server.state) {
    case 'ready':
      return [t('server.readyFor', { time }), t('server.started', { n: server.starts })].join(
        ' · ',
      );
    case 'starting':
      return server.phase ? t(`server.phase_${server.phase}`) : t('health.starting');
    case 'backing-off':
      return [t('server.failedStarts', { n }), t('server.nextTry', { next })].join(' · ');
    case 'crash-loop':
      return [t('server.keepsFailing', { n }), t('server.nextTry', { next })].join(' · ');
    case 'needs-person':
      return t('server.waitsFor', { time });
    case 'stopping':
      return t('health.stopping');
    case 'disabled':
      return t('server.isOff');
  }
}

/** A stretch of time in its largest unit, in full words: `3 hours`. */
export function span(millis: number): string {
  const [, unit, size] = UNITS.find(([limit]) => millis < limit) ?? UNITS[3];
  return number(Math.floor(millis / size), { style: 'unit', unit, unitDisplay: 'long' });
}
