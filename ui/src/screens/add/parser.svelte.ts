import { servers } from '../../api/calls';
import type { Candidate } from '../../api/types';

const TYPING_MS = 250;

/** What the gateway makes of a text while it is typed. */
export class Parser {
  candidates = $state.raw<Candidate[]>([]);
  failure = $state.raw<unknown>(null);
  busy = $state(false);

  /** Reads the text once nobody types any more; returns the function that stops it. */
  read(text: string): () => void {
    if (text.trim() === '') {
      this.#answer([], null);
      return () => undefined;
    }
    const ended = new AbortController();
    this.busy = true;
    const timer = setTimeout(() => {
      servers.parse(text, ended.signal).then(
        (reply) => this.#answer(reply.servers, null),
        (cause: unknown) => {
          if (!ended.signal.aborted) this.#answer([], cause);
        },
      );
    }, TYPING_MS);
    return () => {
      clearTimeout(timer);
      ended.abort();
    };
  }

  #answer(candidates: Candidate[], failure: unknown): void {
    this.candidates = candidates;
    this.failure = failure;
    this.busy = false;
  }
}
