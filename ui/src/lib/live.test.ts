import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { News } from '../api/types';
import { follow, live, onNews } from './live.svelte';

/** A stream that the test writes to and ends. */
function stream() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({ start: (value) => void (controller = value) });
  return {
    response: new Response(body),
    send: (event: string, data: unknown) =>
      controller?.enqueue(
        new TextEncoder().encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
      ),
    end: () => controller?.close(),
  };
}

const ended = { controller: new AbortController() };

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('addEventListener', () => undefined);
  ended.controller = new AbortController();
});

afterEach(() => {
  ended.controller.abort();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('follow', () => {
  it('opens the stream again when it ends, and says so meanwhile', async () => {
    const [first, second] = [stream(), stream()];
    const open = vi.fn();
    open.mockResolvedValueOnce(first.response).mockResolvedValueOnce(second.response);
    vi.stubGlobal('fetch', open);
    const done = follow(ended.controller.signal);

    first.send('snapshot', { revision: 1 });
    await vi.advanceTimersByTimeAsync(0);
    expect([live.link, live.snapshot?.revision]).toEqual(['live', 1]);

    first.end();
    await vi.advanceTimersByTimeAsync(0);
    expect([live.link, live.snapshot?.revision]).toEqual(['lost', 1]);

    await vi.advanceTimersByTimeAsync(1000);
    second.send('snapshot', { revision: 2 });
    await vi.advanceTimersByTimeAsync(0);
    expect([live.link, live.snapshot?.revision]).toEqual(['live', 2]);
    ended.controller.abort();
    second.end();
    await done;
  });

  it('hands on news to those who listen', async () => {
    const one = stream();
    vi.stubGlobal('fetch', () => Promise.resolve(one.response));
    const heard: News[] = [];
    const stop = onNews((news) => heard.push(news));
    void follow(ended.controller.signal);
    one.send('news', { event: 'config-reloaded', ok: true });
    await vi.advanceTimersByTimeAsync(0);
    stop();
    one.send('news', { event: 'config-reloaded', ok: false });
    await vi.advanceTimersByTimeAsync(0);
    expect(heard).toEqual([{ event: 'config-reloaded', ok: true }]);
  });

  it('stops where it is not let in', async () => {
    const open = vi.fn(() => Promise.resolve(new Response('{}', { status: 401 })));
    vi.stubGlobal('fetch', open);
    await follow(ended.controller.signal);
    expect(open).toHaveBeenCalledOnce();
  });

  it('takes long silence for a lost connection', async () => {
    const open = vi.fn(() => Promise.resolve(stream().response));
    vi.stubGlobal('fetch', open);
    void follow(ended.controller.signal);
    await vi.advanceTimersByTimeAsync(44_000);
    expect(open).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(open).toHaveBeenCalledTimes(2);
  });
});
