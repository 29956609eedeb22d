/** One request to the local API: the token goes along, failures become {@link ApiFailure}. */

const ROOT = '/api/v1';

/** How long an answer may take; starting a server within a request takes longest. */
const PATIENCE_MS = 60_000;

/** What went wrong, in the gateway's own words where it gave any. */
export class ApiFailure extends Error {
  constructor(
    /** Stable, in kebab-case; `unreachable` where no answer came. */
    readonly code: string,
    message: string,
    readonly fix: string,
    /** The HTTP status; 0 where no answer came. */
    readonly status: number,
  ) {
    super(message);
  }
}

export type Query = Record<string, string | number | boolean | undefined | null>;

export interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  query?: Query;
  body?: unknown;
  signal?: AbortSignal;
  /** Whether it is to arrive although the page is being closed. */
  keepalive?: boolean;
}

interface Credential {
  token: () => string | null;
  refused: () => void;
}

let credential: Credential = { token: () => null, refused: () => undefined };

/** Says where the token comes from, and whom to tell when it is no longer good. */
export function setCredential(value: Credential): void {
  credential = value;
}

/** The path under the API's root with its query; parts without a value are left out. */
export function address(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') search.set(key, String(value));
  }
  const text = search.toString();
  return `${ROOT}${path}${text ? `?${text}` : ''}`;
}

/** The answer as it comes, for streams and files. */
export async function open(path: string, call: Call = {}): Promise<Response> {
  const headers = new Headers();
  const token = credential.token();
  if (token) headers.set('authorization', `Bearer ${token}`);
  // Without a body too: the gateway takes no POST that another site's form could send.
  if (call.method && call.method !== 'GET') headers.set('content-type', 'application/json');
  const init: RequestInit = { method: call.method ?? 'GET', headers, cache: 'no-store' };
  if (call.body !== undefined) init.body = JSON.stringify(call.body);
  if (call.signal) init.signal = call.signal;
  if (call.keepalive) init.keepalive = true;
  const response = await fetch(address(path, call.query), init).catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new ApiFailure('unreachable', '', '', 0);
  });
  if (!response.ok) throw await failure(response);
  return response;
}

/** The answer's JSON; `undefined` where it has no body. */
export async function request<T>(path: string, call: Call = {}): Promise<T> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const signal = call.signal ? AbortSignal.any([call.signal, patience]) : patience;
  const response = await open(path, { ...call, signal });
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

async function failure(response: Response): Promise<ApiFailure> {
  if (response.status === 401) credential.refused();
  const body: unknown = await response.json().catch(() => null);
  const error = readError(body);
  return new ApiFailure(error.code, error.message, error.fix, response.status);
}

function readError(body: unknown): { code: string; message: string; fix: string } {
  const error = isRecord(body) && isRecord(body['error']) ? body['error'] : {};
  const text = (key: string): string => (typeof error[key] === 'string' ? error[key] : '');
  return { code: text('code') || 'unknown', message: text('message'), fix: text('fix') };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
