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
import type { Decided, Decision, ReviewItem, UndoOffer } from '../api/types';
import { forEach } from './bulk';
import { t } from './i18n.svelte';
import { complain, tell } from './toasts.svelte';

/**
 * What is said of a decision about this server. Whoever asked may be gone by then, so it reads
 * nothing of theirs.
 */
export type Words = (decided: Decided, server: string) => string;

/** As long as the note with its button is shown. */
const UNDO_MS = 10_000;

/** Ids of proposals that are refused, with the timer that will say so to the gateway. */
const refused = new SvelteMap<string, ReturnType<typeof setTimeout>>();
/** Ids that were approved and may still be in the snapshot. */
const approved = new SvelteMap<string, true>();

/** Servers about which a decision is under way: what it leaves behind is not told a second time. */
const deciding = new Set<string>();
/** The decision about each server that was offered to be taken back. */
const offered = new Map<string, string>();

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
export async function decide(server: string, decision: Decision, words: Words): Promise<Decided> {
  const decided = await post(server, decision);
  tellUndo(server, words(decided, server), decided.undo);
  return decided;
}

/** Decides about several servers at once; one note says so, and takes all of it back. */
export async function decideAll(
  decisions: ReadonlyMap<string, Decision>,
  words: (n: number) => string,
): Promise<void> {
  const offers = new Map<string, UndoOffer>();
  await forEach([...decisions.keys()], async (server) => {
    const decision = decisions.get(server);
    if (decision) offers.set(server, (await post(server, decision)).undo);
  });
  if (offers.size === 0) return;
  const takeBack = async (): Promise<void> => {
    const back = await forEach([...offers.keys()], (server) =>
      api.quarantine.undo(offers.get(server)?.id ?? ''),
    );
    if (back.length > 0) tell(t('review.undoneMany', { n: back.length }));
  };
  const until = Math.min(...[...offers.values()].map((offer) => offer.until));
  tell(words(offers.size), takeBack, { until });
}

/** Offers to take back what was decided elsewhere, or before the page was loaded anew. */
export function offerUndo(server: string, offer: UndoOffer): void {
  if (deciding.has(server) || offered.get(server) === offer.id || offer.until < Date.now()) return;
  offered.set(server, offer.id);
  tellUndo(server, t('review.undoable', { name: server }), offer);
}

function tellUndo(server: string, words: string, { id, until }: UndoOffer): void {
  const undo = async (): Promise<void> => {
    await api.quarantine.undo(id);
    tell(t('review.undone', { name: server }));
  };
  tell(words, undo, { until, cli: `toolgate review undo ${id}` });
}

async function post(server: string, decision: Decision): Promise<Decided> {
  deciding.add(server);
  try {
    const decided = await api.quarantine.decide(server, decision);
    offered.set(server, decided.undo.id);
    return decided;
  } finally {
    deciding.delete(server);
  }
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
