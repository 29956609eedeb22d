/** What happened, newest first: pages as the person asks for them, new entries as they come. */

import * as api from '../../api/calls';
import type { Activity, ActivityFilter } from '../../api/types';
import { complain } from '../../lib/toasts.svelte';
import { merge } from './group';

const PAGE = 100;
/** Entries kept; older ones are loaded again when they are asked for. */
const MOST = 5_000;
/** News that come at once cause one look. */
const TOGETHER_MS = 400;

export class Feed {
  /** `null` until the first page is there. */
  entries = $state.raw<readonly Activity[] | null>(null);
  /** Newer ones that wait until the person wants to see them. */
  waiting = $state.raw<readonly Activity[]>([]);
  more = $state(false);
  loading = $state(false);
  problem = $state.raw<unknown>(null);
  readonly #filter: ActivityFilter;
  readonly #signal: AbortSignal;
  #next: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(filter: ActivityFilter, signal: AbortSignal) {
    this.#filter = filter;
    this.#signal = signal;
    signal.addEventListener('abort', () => clearTimeout(this.#timer), { once: true });
  }

  /** Loads the first page. */
  async start(): Promise<void> {
    try {
      const page = await this.#page();
      this.problem = null;
      this.#set(page.items, page.next);
    } catch (cause) {
      if (!this.#signal.aborted) this.problem = cause;
    }
  }

  /** Loads the page after the last one. */
  async older(): Promise<void> {
    if (this.#next === null || this.loading) return;
    this.loading = true;
    try {
      const page = await this.#page(this.#next);
      this.#set([...(this.entries ?? []), ...page.items], page.next);
    } catch (cause) {
      if (!this.#signal.aborted) complain(cause);
    } finally {
      this.loading = false;
    }
  }

  /** Looks for newer entries soon; they are shown at once, or wait. */
  look(show: () => boolean): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#page().then(
        (page) => {
          this.#take(page.items, page.next);
          if (show()) this.show();
        },
        // The next news, or the way back to the gateway, brings another look.
        () => undefined,
      );
    }, TOGETHER_MS);
  }

  /** Shows what waited. */
  show(): void {
    if (this.waiting.length === 0) return;
    const whole = [...this.waiting, ...(this.entries ?? [])];
    this.waiting = [];
    if (whole.length > MOST) this.#set(whole.slice(0, MOST), whole[MOST - 1]?.id ?? null);
    else this.entries = whole;
  }

  #take(items: readonly Activity[], next: number | null): void {
    const known = [...this.waiting, ...(this.entries ?? [])];
    const whole = merge(known, items);
    if (whole === items) {
      this.waiting = [];
      this.#set(items, next);
      return;
    }
    const fresh = whole.length - known.length;
    if (fresh > 0) this.waiting = [...whole.slice(0, fresh), ...this.waiting];
  }

  #set(entries: readonly Activity[], next: number | null): void {
    this.entries = entries;
    this.#next = next;
    this.more = next !== null;
  }

  #page(before?: number): ReturnType<typeof api.activity.list> {
    return api.activity.list({ ...this.#filter, before, limit: PAGE }, this.#signal);
  }
}
