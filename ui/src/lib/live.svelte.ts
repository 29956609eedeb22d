/** The gateway's state as it is now: one stream of snapshots and news, opened again when lost. */

import { ApiFailure, open } from '../api/client';
import type { News, Snapshot } from '../api/types';
import { backoff } from './backoff';
import { readEvents, type SseEvent } from './sse';

/** The gateway sends a sign of life every 15 seconds. */
const SILENCE_MS = 45_000;

export type Link = 'connecting' | 'live' | 'lost';

let snapshot = $state.raw<Snapshot | null>(null);
let link = $state<Link>('connecting');
const listeners = new Set<(news: News) => void>();

export const live = {
  /** The latest state; `null` until the first has come. */
  get snapshot(): Snapshot | null {
    return snapshot;
  },
  get link(): Link {
    return link;
  },
};

/** Calls `listener` with each piece of news until the returned function is called. */
export function onNews(listener: (news: News) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Follows the gateway until `signal` ends it. */
export async function follow(signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const response = await open('/events', { signal });
      if (response.body) {
        await readEvents(
          response.body,
          (event) => {
            failures = 0;
            take(event);
          },
          SILENCE_MS,
        );
      }
    } catch (cause) {
      if (signal.aborted) return;
      if (cause instanceof ApiFailure && cause.status === 401) return;
    }
    failures += 1;
    // Only a first attempt that fails at once, while the gateway starts, is not worth a word.
    link = snapshot || failures > 2 ? 'lost' : 'connecting';
    await pause(backoff(failures), signal);
  }
}

function take(event: SseEvent): void {
  if (event.event === 'snapshot') {
    snapshot = JSON.parse(event.data) as Snapshot;
    link = 'live';
  } else if (event.event === 'news') {
    const news = JSON.parse(event.data) as News;
    for (const listener of listeners) listener(news);
  }
}

function pause(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const ended = new AbortController();
    const end = (): void => {
      clearTimeout(timer);
      ended.abort();
      resolve();
    };
    const timer = setTimeout(end, millis);
    const options = { once: true, signal: ended.signal };
    signal.addEventListener('abort', end, options);
    // Coming back to the window, or to the network, is a reason not to wait any longer.
    addEventListener('focus', end, options);
    addEventListener('online', end, options);
  });
}
