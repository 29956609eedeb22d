/** How a server stands with the quarantine, in words. */

import type { SandboxStatus, ServerStatus, TrustStatus } from '../api/types';
import { t } from './i18n.svelte';
import { segment } from './pattern';

/** Where all new servers are looked at together. */
export const TOGETHER = '/review/together';

export const modes = ['manual', 'scan', 'auto'] as const;

/** Whether something of the server waits for the person. */
export function held(server: ServerStatus): boolean {
  return server.trust.hold !== null;
}

/**
 * Servers that nobody has let in yet, which can be decided about together: those never started,
 * and those of whose tools clean ones wait for a first decision.
 */
export function newcomers(servers: readonly ServerStatus[]): ServerStatus[] {
  return servers.filter(
    ({ trust: { hold, mode, pending, flagged } }) =>
      hold === 'new-server' ||
      (hold === 'new-definitions' && mode === 'manual' && pending > flagged),
  );
}

/** Where what waits of a server is looked at. */
export function reviewPath(server: string): string {
  return `/review/server/${segment(server)}`;
}

/** What waits, counted: `3 new · 1 changed · 2 flagged`; empty where nothing does. */
export function countsOf({ pending, changed, flagged }: TrustStatus): string {
  return [
    pending > 0 ? t('trust.pending', { n: pending }) : '',
    changed > 0 ? t('trust.changed', { n: changed }) : '',
    flagged > 0 ? t('trust.flagged', { n: flagged }) : '',
  ]
    .filter(Boolean)
    .join(' · ');
}

/** How far a server is fenced in: `files fenced · network open`. */
export function sandboxWords(sandbox: SandboxStatus): string {
  return [
    t(`trust.files_${sandbox.files}`),
    t(`trust.network_${sandbox.network}`),
    t(`trust.sockets_${sandbox.sockets}`),
    t(`trust.processes_${sandbox.processes}`),
  ].join(' · ');
}
