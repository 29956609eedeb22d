/** A log that is followed: its last lines, and those that come while the page looks. */

import * as api from '../../api/calls';
import { ApiFailure } from '../../api/client';
import { backoff } from '../backoff';
import { readEvents } from '../sse';
import { readLine, unknown, type LogLine } from './line';

/** Lines asked for at first. */
const FIRST = 2_000;
/** Lines kept; the oldest go first. */
const MOST = 5_000;
/** Lines that come at once are shown at once. */
const TOGETHER_MS = 80;
/** The gateway sends a sign of life every 15 seconds. */
const SILENCE_MS = 45_000;

export class Tail {
  /** What is shown. */
  lines = $state.raw<readonly LogLine[]>([]);
  /** What came while it was paused, to be shown when it goes on. */
  waiting = $state.raw<readonly LogLine[]>([]);
  /** Whether the log was opened at least once. */
  opened = $state(false);
  /** Why it cannot be read; another attempt does not help by itself. */
  problem = $state.raw<unknown>(null);
  #paused = $state(false);
  #next = 0;
  #arrived: LogLine[] = [];
  #again = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  get paused(): boolean {
    return this.#paused;
  }

  /** Keeps what is shown as it is; lines that come wait. */
  pause(): void {
    this.#paused = true;
  }

  /** Shows what waited, and what comes from now on. */
  resume(): void {
    this.#paused = false;
    this.lines = [...this.lines, ...this.waiting].slice(-MOST);
    this.waiting = [];
  }

  /** Follows the log until `signal` ends it. */
  async follow(id: string, signal: AbortSignal): Promise<void> {
    let failures = 0;
    this.problem = null;
    while (!signal.aborted) {
      try {
        const response = await api.logs.follow(id, FIRST, signal);
        this.opened = true;
        this.#again = this.#next > 0;
        failures = 0;
        if (response.body)
          await readEvents(response.body, (event) => this.#take(event), SILENCE_MS);
      } catch (cause) {
        if (signal.aborted) break;
        if (cause instanceof ApiFailure && cause.status >= 400) {
          this.problem = cause;
          break;
        }
      }
      failures += 1;
      await rest(backoff(failures), signal);
    }
    clearTimeout(this.#timer);
  }

  #take(event: { event: string; data: string }): void {
    if (event.event !== 'line') return;
    this.#arrived.push(readLine(event.data, this.#next++));
    if (this.#arrived.length > MOST) this.#arrived.shift();
    this.#timer ??= setTimeout(() => this.#show(), TOGETHER_MS);
  }

  #show(): void {
    this.#timer = undefined;
    const known = [...this.lines, ...this.waiting];
    const fresh = this.#again ? unknown(known, this.#arrived) : this.#arrived;
    this.#again = false;
    this.#arrived = [];
    if (fresh.length === 0) return;
    if (this.#paused) this.waiting = [...this.waiting, ...fresh].slice(-MOST);
    else this.lines = [...this.lines, ...fresh].slice(-MOST);
  }
}

function rest(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, millis);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
