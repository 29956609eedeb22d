/** Server-sent events read from a fetched body, since EventSource cannot send a header. */

export interface SseEvent {
  event: string;
  data: string;
}

/** A line longer than this is not ours; reading stops rather than filling the memory. */
const MAX_PENDING = 16 * 1024 * 1024;

/** Takes text in pieces cut anywhere and gives whole events (WHATWG HTML, 9.2.6). */
export class SseParser {
  #pending = '';
  #event = '';
  #data: string[] = [];

  push(text: string): SseEvent[] {
    this.#pending += text;
    if (this.#pending.length > MAX_PENDING) throw new RangeError('event too large');
    const done: SseEvent[] = [];
    for (;;) {
      const line = this.#takeLine();
      if (line === null) return done;
      const event = this.#readLine(line);
      if (event) done.push(event);
    }
  }

  #takeLine(): string | null {
    const end = this.#pending.search(/[\r\n]/);
    if (end < 0) return null;
    const carriageReturn = this.#pending[end] === '\r';
    // A line feed that belongs to this line may be in the next piece.
    if (carriageReturn && end + 1 === this.#pending.length) return null;
    const line = this.#pending.slice(0, end);
    const both = carriageReturn && this.#pending[end + 1] === '\n';
    this.#pending = this.#pending.slice(end + (both ? 2 : 1));
    return line;
  }

  #readLine(line: string): SseEvent | null {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#event = value;
    if (field === 'data') this.#data.push(value);
    return null;
  }

  #dispatch(): SseEvent | null {
    const event = { event: this.#event || 'message', data: this.#data.join('\n') };
    const empty = this.#data.length === 0;
    this.#event = '';
    this.#data = [];
    return empty ? null : event;
  }
}

/**
 * Hands on each event until the body ends; rejects where nothing, not even a sign of life, came
 * for `silence` milliseconds.
 */
export async function readEvents(
  body: ReadableStream<Uint8Array>,
  onEvent: (event: SseEvent) => void,
  silence: number,
): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = new SseParser();
  try {
    for (;;) {
      const piece = await within(reader.read(), silence);
      if (piece.done) return;
      for (const event of parser.push(decoder.decode(piece.value, { stream: true }))) {
        onEvent(event);
      }
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}

async function within<T>(promise: Promise<T>, millis: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('silent')), millis);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
