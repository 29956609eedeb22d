import { afterEach, describe, expect, it, vi } from 'vitest';
import { address, ApiFailure, request, setCredential } from './client';

function answer(status: number, body: string): void {
  vi.stubGlobal(
    'fetch',
    vi.fn(() => Promise.resolve(new Response(status === 204 ? null : body, { status }))),
  );
}

async function failureOf(promise: Promise<unknown>): Promise<ApiFailure> {
  const cause: unknown = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(cause instanceof ApiFailure)) throw new Error('not an ApiFailure');
  return cause;
}

afterEach(() => {
  vi.unstubAllGlobals();
  setCredential({ token: () => null, refused: () => undefined });
});

describe('address', () => {
  it('leaves out what has no value', () => {
    const query = { text: 'a b&c', server: '', before: undefined, limit: 0, follow: true };
    expect(address('/activity', query)).toBe('/api/v1/activity?text=a+b%26c&limit=0&follow=true');
    expect(address('/status')).toBe('/api/v1/status');
  });
});

describe('request', () => {
  it('sends the token and the body', async () => {
    answer(200, '{"ok":true}');
    setCredential({ token: () => 'secret', refused: () => undefined });
    expect(await request('/pause', { method: 'POST', body: { minutes: null } })).toEqual({
      ok: true,
    });
    const [url, init] = vi.mocked(fetch).mock.calls[0] ?? [];
    expect(url).toBe('/api/v1/pause');
    expect(init?.method).toBe('POST');
    expect(init?.body).toBe('{"minutes":null}');
    expect(new Headers(init?.headers).get('authorization')).toBe('Bearer secret');
  });

  it('takes an answer without a body', async () => {
    answer(204, '');
    expect(await request('/pause', { method: 'DELETE' })).toBeUndefined();
  });

  it("hands on the gateway's own words", async () => {
    answer(409, '{"error":{"code":"server-exists","message":"It is there.","fix":"Rename it."}}');
    const failure = await failureOf(request('/servers'));
    expect([failure.code, failure.message, failure.fix, failure.status]).toEqual([
      'server-exists',
      'It is there.',
      'Rename it.',
      409,
    ]);
  });

  it.each(['', '<html>', '[]', '{"error":"text"}'])('survives the answer %j', async (body) => {
    answer(502, body);
    const failure = await failureOf(request('/status'));
    expect([failure.code, failure.status]).toEqual(['unknown', 502]);
  });

  it('tells when the token is no longer good', async () => {
    answer(401, '{"error":{"code":"unauthorized","message":"m","fix":"f"}}');
    const refused = vi.fn();
    setCredential({ token: () => 'old', refused });
    await failureOf(request('/status'));
    expect(refused).toHaveBeenCalledOnce();
  });

  it('says that nobody answers', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('refused')));
    expect(await failureOf(request('/status'))).toMatchObject({ code: 'unreachable', status: 0 });
  });
});
