/** Tokens of clients: what is asked for, and what a client is told. */

import type { ClientToken, NewClientToken } from '../../api/types';
import { quote } from '../../lib/shell';

const DAY_MS = 86_400_000;

/** How long a token is good, in days; 0 for as long as it is not revoked. */
export const LIVES = [0, 30, 90, 365] as const;
export type Life = (typeof LIVES)[number];

/** The wish for a token; `servers` is empty for all of them. */
export function wish(
  name: string,
  servers: readonly string[],
  life: Life,
  now: number,
): NewClientToken {
  return {
    name: name.trim(),
    ...(servers.length > 0 ? { servers: [...servers] } : {}),
    ...(life > 0 ? { expires_at: now + life * DAY_MS } : {}),
  };
}

/** The same on the command line. */
export function cliOf(name: string, servers: readonly string[], life: Life): string {
  return [
    `toolgate tokens add ${name.trim() === '' ? 'NAME' : quote(name.trim())}`,
    ...servers.map((server) => `--server ${quote(server)}`),
    ...(life > 0 ? [`--expires ${life}d`] : []),
  ].join(' ');
}

/** The header that a client sends. */
export function headerOf(token: string): string {
  return `Authorization: Bearer ${token}`;
}

/** Whether it is still good. */
export function good({ expires_at }: ClientToken, now: number): boolean {
  return !expires_at || expires_at > now;
}

/** Those still good first, each by when they were made, the latest first. */
export function inOrder(tokens: readonly ClientToken[], now: number): ClientToken[] {
  return tokens.toSorted(
    (one, other) =>
      Number(good(other, now)) - Number(good(one, now)) || other.created_at - one.created_at,
  );
}
