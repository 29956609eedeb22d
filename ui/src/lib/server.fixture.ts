/** A server as tests want it: in good order but for what they say. */

import type { ServerStatus, TrustStatus } from '../api/types';

/** Nothing of it waits. */
export const calm: TrustStatus = {
  mode: 'manual',
  wanted: null,
  hold: null,
  may_start: true,
  approved: 3,
  pending: 0,
  changed: 0,
  blocked: 0,
  flagged: 0,
};

export function server(more: Partial<ServerStatus> = {}): ServerStatus {
  return {
    name: 'one',
    slug: 'one',
    state: 'ready',
    since: 0,
    transport: 'stdio',
    target: 'one',
    pid: null,
    starts: 1,
    protocol: null,
    server_info: null,
    tools: 0,
    calls: 0,
    last_call: null,
    sign_in: null,
    trust: calm,
    sandbox: null,
    ...more,
  };
}
