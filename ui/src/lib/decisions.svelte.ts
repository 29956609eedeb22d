/**
 * Decisions about what waits for review.
 *
 * An approval is sent at once, so that the tools can be called at once; taking it back switches
 * the server off and keeps its entry. A refusal deletes the proposal with the secrets in it,
 * which nothing brings back; so it is kept here for as long as it can be taken back. What is
 * decided about a server in quarantine the gateway itself takes back.
 */

import { SvelteMap } from 'svelte/reactivity';
import * as api from '../api/calls';
import type { Decided, Decision, ReviewItem } from '../api/types';
import { t } from './i18n.svelte';
import { complain, tell } from './toasts.svelte';

/** As long as the note with its button is shown. */
const UNDO_MS = 10_000;

/** Ids of proposals that are refused, with the timer that will say so to the gateway. */
const refused = new SvelteMap<string, ReturnType<typeof setTimeout>>();
/** Ids that were approved and may still be in the snapshot. */
const approved = new SvelteMap<string, true>();

/** What still waits, in the queue's order. */
export function waiting(items: readonly ReviewItem[]): ReviewItem[] {
  return items.filter(({ id }) => !refused.has(id) && !approved.has(id));
}

/** Adds the server and starts it, under another name where one is given. */
export async function approve(item: ReviewItem, name: string): Promise<void> {
  approved.set(item.id, true);
  try {
    const status = await api.review.accept(item.id, name === item.name ? {} : { name });
    tell(t('review.said_approved', { name: status.name }), async () => {
      await api.servers.disable(status.name);
      tell(t('review.approvalUndone', { name: status.name }));
    });
  } catch (cause) {
    approved.delete(item.id);
    throw cause;
  }
}

/** Takes the proposal out of the queue now, and out of the gateway when that is final. */
export function refuse(item: ReviewItem): void {
  if (refused.size === 0) addEventListener('pagehide', sendAll);
  refused.set(
    item.id,
    setTimeout(() => void send(item.id), UNDO_MS),
  );
  tell(t('review.said_refused', { name: item.name }), () => {
    clearTimeout(refused.get(item.id));
    forget(item.id);
  });
}

/** Decides about a server, says so in these words, and offers to take it back. */
export async function decide(
  server: string,
  decision: Decision,
  words: (decided: Decided) => string,
): Promise<Decided> {
  const decided = await api.quarantine.decide(server, decision);
  tell(words(decided), async () => {
    await api.quarantine.undo(decided.undo.id);
    tell(t('review.undone', { name: server }));
  });
  return decided;
}

async function send(id: string): Promise<void> {
  try {
    await api.review.dismiss(id);
  } catch (cause) {
    complain(cause);
  } finally {
    forget(id);
  }
}

/** A page that is closed ends the time for taking back, not the decision. */
function sendAll(): void {
  for (const [id, timer] of refused) {
    clearTimeout(timer);
    void api.review.dismiss(id, true).catch(() => undefined);
  }
}

function forget(id: string): void {
  refused.delete(id);
  if (refused.size === 0) removeEventListener('pagehide', sendAll);
}
