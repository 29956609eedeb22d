/** Which servers the list shows. */

import type { ServerStatus } from '../../api/types';
import { health, needsYou, type Tone } from '../../lib/health';
import { held } from '../../lib/trust';

export const filters = ['all', 'need-you', 'held', 'down', 'ready', 'off'] as const;
export type Filter = (typeof filters)[number];

export function fits(server: ServerStatus, filter: Filter, text: string): boolean {
  return fitsFilter(server, filter) && fitsText(server, text);
}

/** The worst first, so that sorting by health is of use. */
export function byHealth(server: ServerStatus): number {
  const order: Tone[] = ['bad', 'warning', 'busy', 'neutral', 'good', 'off'];
  return order.indexOf(health(server).tone);
}

function fitsFilter(server: ServerStatus, filter: Filter): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'need-you':
      return needsYou(server);
    case 'held':
      return held(server);
    case 'down':
      return server.problem !== undefined && health(server).remedy !== 'review';
    case 'ready':
      return server.state === 'ready';
    case 'off':
      return server.state === 'disabled';
  }
}

function fitsText(server: ServerStatus, text: string): boolean {
  const found = `${server.name}\n${server.target}\n${server.transport}`.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => found.includes(word));
}
