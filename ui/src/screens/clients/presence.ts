/** Whether a program uses the gateway now, or did. */

import type { ClientStatus } from '../../api/types';
import type { App } from './apps';

const ACTIVE_MS = 60_000;

/** `active` called within a minute; `idle` is connected; `seen` is not any more. */
export type Presence = 'active' | 'idle' | 'seen';

export function presence(client: ClientStatus, now: number): Presence {
  if (client.last_call !== null && now - client.last_call < ACTIVE_MS) return 'active';
  return client.open > 0 ? 'idle' : 'seen';
}

/** Active ones first, then those that are connected, then the rest, each by when it was heard of. */
export function inOrder(clients: readonly ClientStatus[], now: number): ClientStatus[] {
  const rank = { active: 0, idle: 1, seen: 2 };
  return clients.toSorted(
    (one, other) =>
      rank[presence(one, now)] - rank[presence(other, now)] || other.last_seen - one.last_seen,
  );
}

/** The client that a program shows up as, the latest where there are several. */
export function clientOf(app: App, clients: readonly ClientStatus[]): ClientStatus | undefined {
  const own = clients.filter(({ name }) => app.callsItself?.test(name));
  return own.toSorted((one, other) => other.last_seen - one.last_seen)[0];
}
