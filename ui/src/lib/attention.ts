/** How the whole stands, from the snapshot: what is counted, and what needs the person. */

import type { ServerStatus, Snapshot } from '../api/types';
import { health, needsYou } from './health';

export interface Attention {
  /** Servers that are switched on. */
  enabled: number;
  ready: number;
  /** Everything that waits for the person: servers, held ones among them, things to review, findings in the file. */
  needYou: number;
  /** Down, and tried again without the person. */
  retrying: number;
  starting: number;
}

export function attention(snapshot: Snapshot): Attention {
  const waiting = snapshot.servers.filter(needsYou);
  const on = snapshot.servers.filter((server) => server.state !== 'disabled');
  const count = (fits: (server: ServerStatus) => boolean): number => on.filter(fits).length;
  return {
    enabled: on.length,
    ready: count((server) => server.state === 'ready'),
    needYou: waiting.length + snapshot.review.length + snapshot.config.diagnostics.length,
    retrying: count((server) => server.state === 'backing-off'),
    starting: count((server) => health(server).tone === 'busy'),
  };
}

/** The three steps from an empty gateway to one that is used. */
export function setup(snapshot: Snapshot): { client: boolean; server: boolean; call: boolean } {
  return {
    client: snapshot.clients.length > 0,
    server: snapshot.servers.length > 0,
    call:
      snapshot.totals.calls_today > 0 ||
      snapshot.recent.length > 0 ||
      snapshot.clients.some((client) => client.calls > 0),
  };
}
