import { describe, expect, it } from 'vitest';
import { readEvents, SseParser, type SseEvent } from './sse';

const STREAM =
  ': hello\n\nevent: snapshot\ndata: {"a":1}\n\nevent: news\r\ndata: one\r\ndata: two\r\n\r\n' +
  'data:bare\nid: 7\nretry: 10\n\nevent: empty\n\n';
const EVENTS: SseEvent[] = [
  { event: 'snapshot', data: '{"a":1}' },
  { event: 'news', data: 'one\ntwo' },
  { event: 'message', data: 'bare' },
];

function stream(...pieces: (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) {
        controller.enqueue(typeof piece === 'string' ? new TextEncoder().encode(piece) : piece);
      }
      controller.close();
    },
  });
}

describe('SseParser', () => {
  it('gives the same events wherever the text is cut', () => {
    for (let cut = 0; cut <= STREAM.length; cut += 1) {
      const parser = new SseParser();
      const found = [...parser.push(STREAM.slice(0, cut)), ...parser.push(STREAM.slice(cut))];
      expect(found, `cut at ${cut}`).toEqual(EVENTS);
    }
  });

  it('gives the same events letter by letter', () => {
    const parser = new SseParser();
    expect([...STREAM].flatMap((letter) => parser.push(letter))).toEqual(EVENTS);
  });

  it('keeps an event that is not over', () => {
    const parser = new SseParser();
    expect(parser.push('data: half')).toEqual([]);
    expect(parser.push('\n')).toEqual([]);
    expect(parser.push('\n')).toEqual([{ event: 'message', data: 'half' }]);
  });

  it('refuses a line without an end', () => {
    const parser = new SseParser();
    const piece = 'x'.repeat(4 * 1024 * 1024);
    expect(() => {
      for (let count = 0; count < 5; count += 1) parser.push(piece);
    }).toThrow(RangeError);
  });
});

describe('readEvents', () => {
  it('puts together letters that were cut in half', async () => {
    const bytes = new TextEncoder().encode('data: ü\n\n');
    const found: string[] = [];
    await readEvents(
      stream(bytes.slice(0, 7), bytes.slice(7)),
      ({ data }) => found.push(data),
      1000,
    );
    expect(found).toEqual(['ü']);
  });

  it('gives up on a stream that stays silent', async () => {
    const silent = new ReadableStream<Uint8Array>({});
    await expect(readEvents(silent, () => undefined, 5)).rejects.toThrow('silent');
  });
});
