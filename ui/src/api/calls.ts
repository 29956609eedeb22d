/** Every endpoint of the local API as one typed function. */

import { open, request } from './client';
import type {
  ActivityDetail,
  ActivityFilter,
  ActivityPage,
  BundlePart,
  CallReply,
  Candidate,
  Change,
  ConfigStatus,
  Decided,
  Decision,
  Entry,
  Finding,
  LogFile,
  IssuedToken,
  Pause,
  RegistryPage,
  ServerDetail,
  ServerReview,
  ServerStatus,
  SessionReply,
  Settings,
  SettingValue,
  Stats,
  NewClientToken,
  ToolDetail,
  ToolSummary,
} from './types';

const part = encodeURIComponent;
const post = { method: 'POST' } as const;
const remove = { method: 'DELETE' } as const;

export const session = {
  exchange: (code: string) => request<SessionReply>('/session', { ...post, body: { code } }),
};

/**
 * Whether saving an entry lets its server start: the person has just seen or written the whole of
 * it. One that says itself how far it is to be trusted waits for the review, which asks about that.
 */
function consents(entry: Entry): boolean {
  return !('trust' in entry || 'sandbox' in entry);
}

export const servers = {
  detail: (name: string, signal?: AbortSignal) =>
    request<ServerDetail>(`/servers/${part(name)}`, signal ? { signal } : {}),
  add: (name: string, entry: Entry) =>
    request<ServerStatus>('/servers', { ...post, body: { name, entry, consent: consents(entry) } }),
  replace: (name: string, entry: Entry) =>
    request<ServerStatus>(`/servers/${part(name)}`, {
      method: 'PUT',
      body: { entry, consent: consents(entry) },
    }),
  remove: (name: string) => request<void>(`/servers/${part(name)}`, remove),
  enable: (name: string) => request<ServerStatus>(`/servers/${part(name)}/enable`, post),
  disable: (name: string) => request<ServerStatus>(`/servers/${part(name)}/disable`, post),
  restart: (name: string) => request<ServerStatus>(`/servers/${part(name)}/restart`, post),
  signIn: (name: string) => request<void>(`/servers/${part(name)}/sign-in`, post),
  signOut: (name: string) => request<void>(`/servers/${part(name)}/sign-in`, remove),
  changes: (name: string) => request<Change[]>(`/servers/${part(name)}/changes`),
  parse: (text: string, signal?: AbortSignal) =>
    request<{ servers: Candidate[] }>('/servers/parse', {
      ...post,
      body: { text },
      ...(signal ? { signal } : {}),
    }),
};

export const changes = {
  revert: (id: number) => request<ServerStatus | null>(`/changes/${id}/revert`, post),
};

export const registry = {
  search: (query: string, cursor?: string | null, signal?: AbortSignal) =>
    request<RegistryPage>('/registry', { query: { query, cursor }, ...(signal ? { signal } : {}) }),
};

export const review = {
  accept: (id: string, body: { name?: string; entry?: Entry } = {}) =>
    request<ServerStatus>(`/review/${part(id)}/accept`, { ...post, body }),
  /** `closing` where the page is being closed and nobody waits for the answer. */
  dismiss: (id: string, closing = false) =>
    request<void>(`/review/${part(id)}`, { ...remove, keepalive: closing }),
};

export const quarantine = {
  show: (server: string, signal?: AbortSignal) =>
    request<ServerReview>(`/quarantine/${part(server)}`, signal ? { signal } : {}),
  decide: (server: string, body: Decision) =>
    request<Decided>(`/quarantine/${part(server)}`, { ...post, body }),
  undo: (id: string) => request<void>(`/quarantine/undo/${part(id)}`, post),
};

export const tokens = {
  add: (body: NewClientToken) => request<IssuedToken>('/tokens', { ...post, body }),
  revoke: (id: string) => request<void>(`/tokens/${part(id)}`, remove),
};

export const tools = {
  find: (query: { query?: string; server?: string; limit?: number }, signal?: AbortSignal) =>
    request<ToolSummary[]>('/tools', { query, ...(signal ? { signal } : {}) }),
  detail: (id: string) => request<ToolDetail>(`/tools/${part(id)}`),
  call: (name: string, args: Record<string, unknown>, signal?: AbortSignal) =>
    request<CallReply>('/tools/call', {
      ...post,
      body: { name, arguments: args },
      ...(signal ? { signal } : {}),
    }),
};

export const activity = {
  list: (filter: ActivityFilter, signal?: AbortSignal) =>
    request<ActivityPage>('/activity', { query: { ...filter }, ...(signal ? { signal } : {}) }),
  detail: (id: string) => request<ActivityDetail>(`/activity/${part(id)}`),
  exported: (format: 'json' | 'csv', filter: ActivityFilter) =>
    open('/activity/export', { query: { format, ...filter } }),
  stats: (signal?: AbortSignal) => request<Stats>('/stats', signal ? { signal } : {}),
};

export const pause = {
  start: (minutes: number | null) => request<Pause>('/pause', { ...post, body: { minutes } }),
  end: () => request<void>('/pause', remove),
};

export const logs = {
  list: () => request<LogFile[]>('/logs'),
  follow: (id: string, lines: number, signal: AbortSignal) =>
    open(`/logs/${part(id)}`, { query: { lines, follow: true }, signal }),
  open: (id: string) => request<void>(`/logs/${part(id)}/open`, post),
  bundle: () => open('/support-bundle'),
  bundleContents: () => request<BundlePart[]>('/support-bundle/contents'),
};

export const settings = {
  all: () => request<Settings>('/settings'),
  change: (values: Record<string, SettingValue>) =>
    request<Settings>('/settings', { method: 'PATCH', body: values }),
};

export const config = {
  reload: () => request<ConfigStatus>('/config/reload', post),
  open: () => request<void>('/config/open', post),
};

export const doctor = {
  findings: () => request<{ findings: Finding[] }>('/doctor'),
};

export const gateway = {
  shutDown: () => request<void>('/shutdown', post),
};
