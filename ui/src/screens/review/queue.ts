/** What waits for the person: proposals, and servers that are held. */

import type { HoldReason, ReviewItem, ServerStatus } from '../../api/types';
import type { IconName } from '../../components/icons';
import type { Tone } from '../../lib/health';
import { t } from '../../lib/i18n.svelte';
import { segment } from '../../lib/pattern';
import { newcomers, reviewPath, TOGETHER } from '../../lib/trust';

/** A reason to look, as it stands in the queue. */
export interface Tag {
  word: string;
  tone: Tone;
  icon: IconName;
}

/** One thing that waits: a proposal, a server, or all servers that are new, together. */
export type Waiting = {
  id: string;
  path: string;
  name: string;
  since: number;
  tags: Tag[];
} & (
  | { item: ReviewItem; server?: never; together?: never }
  | { server: ServerStatus; item?: never; together?: never }
  | { together: ServerStatus[]; item?: never; server?: never }
);

/**
 * All of it: new servers together, where there are several; then one by one, first what a scan
 * complained about, then what worked before, then the rest; oldest first.
 */
export function queue(items: readonly ReviewItem[], servers: readonly ServerStatus[]): Waiting[] {
  const held = servers.filter(({ trust }) => trust.hold);
  const single = [...items.map(proposal), ...held.map(server)].toSorted(
    (one, other) =>
      urgency(one) - urgency(other) ||
      one.since - other.since ||
      one.name.localeCompare(other.name),
  );
  const fresh = newcomers(servers);
  return fresh.length > 1 ? [together(fresh), ...single] : single;
}

function together(servers: ServerStatus[]): Waiting {
  const word = t('review.servers', { n: servers.length });
  return {
    id: 'together',
    path: TOGETHER,
    name: t('review.together'),
    since: Math.min(...servers.map(({ since }) => since)),
    tags: [{ word, tone: 'neutral', icon: 'servers' }],
    together: servers,
  };
}

/** The server as one that waits, also where nothing of it does. */
export function server(server: ServerStatus): Waiting {
  return {
    id: `server ${server.name}`,
    path: reviewPath(server.name),
    name: server.name,
    since: server.since,
    tags: serverTags(server),
    server,
  };
}

function proposal(item: ReviewItem): Waiting {
  return {
    id: item.id,
    path: `/review/${segment(item.id)}`,
    name: item.name,
    since: item.at,
    tags: proposalTags(item),
    item,
  };
}

/** Something that was in use and is withheld is missed by somebody. */
const MISSED: (HoldReason | undefined | null)[] = ['launch-changed', 'changed-definitions'];

function urgency({ server }: Waiting): number {
  if (server && server.trust.flagged > 0) return 0;
  return MISSED.includes(server?.trust.hold) ? 1 : 2;
}

const sources = { link: 'link', agent: 'clients', paste: 'paste' } as const;

function proposalTags({ source, evidence }: ReviewItem): Tag[] {
  const n = evidence.warnings.length;
  return [
    { word: t(`review.source_${source}`), tone: 'neutral', icon: sources[source] },
    ...(n > 0 ? [warning(t('review.warningCount', { n }))] : []),
  ];
}

function serverTags({ trust }: ServerStatus): Tag[] {
  if (!trust.hold) return [];
  const { hold, pending, changed, flagged } = trust;
  const tags: Tag[] = [{ word: t(`trust.hold_${hold}`), tone: 'neutral', icon: holds[hold] }];
  const counted = [
    { n: pending, word: t('trust.pending', { n: pending }), icon: 'plus' },
    { n: changed, word: t('trust.changed', { n: changed }), icon: 'edit' },
  ] as const;
  for (const { n, word, icon } of counted) if (n > 0) tags.push({ word, tone: 'neutral', icon });
  if (flagged > 0) tags.push(warning(t('trust.flagged', { n: flagged })));
  return tags;
}

const holds: Record<HoldReason, IconName> = {
  'new-server': 'servers',
  'launch-changed': 'terminal',
  'new-definitions': 'tools',
  'added-definitions': 'tools',
  'changed-definitions': 'tools',
};

function warning(word: string): Tag {
  return { word, tone: 'warning', icon: 'warning' };
}
