/** A server's entry as a form shows it, and back; what the form does not know stays as it is. */

import type { Entry } from '../api/types';

export interface Pair {
  name: string;
  value: string;
}

export interface EntryForm {
  kind: 'local' | 'remote';
  command: string;
  /** One argument a line. */
  args: string;
  env: Pair[];
  cwd: string;
  url: string;
  /** Empty to find it out. */
  type: string;
  headers: Pair[];
  callTimeout: string;
  startTimeout: string;
}

export type EntryField =
  'command' | 'args' | 'env' | 'cwd' | 'url' | 'headers' | 'callTimeout' | 'startTimeout';

export type EntryFault =
  'noCommand' | 'noUrl' | 'badUrl' | 'badVariable' | 'badHeader' | 'twice' | 'badTimeout';

/** What stands for a value that is not shown; sent back, it keeps what is there. */
export const MASK = '••••';

/** Keys that the form shows; the first of `url` that there is, is the one in use. */
const URLS = ['url', 'serverUrl', 'httpUrl'] as const;
const SHOWN: readonly string[] = [
  'command',
  'args',
  'env',
  'cwd',
  'type',
  'headers',
  'callTimeout',
  'startTimeout',
  'disabled',
  'enabled',
  ...URLS,
];
const LONGEST_SECONDS = 86_400;

export function toForm(entry: Entry): EntryForm {
  const url = URLS.find((key) => typeof entry[key] === 'string');
  return {
    kind: url && typeof entry['command'] !== 'string' ? 'remote' : 'local',
    command: text(entry['command']),
    args: strings(entry['args']).join('\n'),
    env: pairs(entry['env']),
    cwd: text(entry['cwd']),
    url: url ? text(entry[url]) : '',
    type: text(entry['type']),
    headers: pairs(entry['headers']),
    callTimeout: text(entry['callTimeout']),
    startTimeout: text(entry['startTimeout']),
  };
}

export function toEntry(form: EntryForm, before: Entry): Entry {
  const entry: Entry = { ...before };
  const urlKey = URLS.find((key) => key in before) ?? 'url';
  const put = (key: string, value: unknown): void => {
    if (value === '' || value === undefined) delete entry[key];
    else entry[key] = value;
  };
  const local = form.kind === 'local';
  put('command', local ? form.command.trim() : '');
  put('args', local && form.args !== '' ? form.args.split('\n') : undefined);
  put('env', local ? object(form.env) : undefined);
  put('cwd', local ? form.cwd.trim() : '');
  put(urlKey, local ? '' : form.url.trim());
  put('type', local && form.type !== 'stdio' ? '' : form.type);
  put('headers', local ? undefined : object(form.headers));
  for (const key of ['callTimeout', 'startTimeout'] as const) {
    put(key, form[key].trim() === '' ? undefined : Number(form[key]));
  }
  return entry;
}

/** What is wrong with each field. */
export function entryFaults(form: EntryForm): Partial<Record<EntryField, EntryFault>> {
  const found: Partial<Record<EntryField, EntryFault>> = {};
  const put = (field: EntryField, fault: EntryFault | null): void => {
    if (fault) found[field] = fault;
  };
  if (form.kind === 'local') {
    put('command', form.command.trim() === '' ? 'noCommand' : null);
    put('env', pairFault(form.env, /^[^=\s]+$/, 'badVariable'));
  } else {
    put('url', urlFault(form.url.trim()));
    put('headers', pairFault(form.headers, /^[!#$%&'*+.^`|~\w-]+$/, 'badHeader', true));
  }
  put('callTimeout', timeoutFault(form.callTimeout));
  put('startTimeout', timeoutFault(form.startTimeout));
  return found;
}

/** Whether an argument holds a line break, which one line each cannot show. */
export function hasLongArgument(entry: Entry): boolean {
  return strings(entry['args']).some((argument) => /[\r\n]/.test(argument));
}

/** Keys of the entry that only the raw form shows. */
export function otherKeys(entry: Entry): string[] {
  return Object.keys(entry).filter((key) => !SHOWN.includes(key));
}

/** The field that a message of the gateway is about, by the key it names in backticks. */
export function fieldOf(message: string): EntryField | null {
  const fields: EntryField[] = [
    'command',
    'args',
    'env',
    'cwd',
    'url',
    'headers',
    'callTimeout',
    'startTimeout',
  ];
  const named = [...message.matchAll(/`([^`]+)`/g)].flatMap(([, key]) => key?.split('.') ?? []);
  return fields.find((field) => named.includes(field)) ?? null;
}

function text(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : '';
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.map((item) => text(item)) : [];
}

function pairs(value: unknown): Pair[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([name, inner]) => ({ name, value: text(inner) }));
}

function object(rows: Pair[]): Record<string, string> | undefined {
  const used = rows.filter(({ name, value }) => name.trim() !== '' || value !== '');
  return used.length > 0
    ? Object.fromEntries(used.map(({ name, value }) => [name.trim(), value]))
    : undefined;
}

function pairFault(
  rows: Pair[],
  form: RegExp,
  fault: EntryFault,
  anyCase = false,
): EntryFault | null {
  const names = rows
    .filter(({ name, value }) => name !== '' || value !== '')
    .map(({ name }) => name.trim());
  if (names.some((name) => !form.test(name))) return fault;
  const compared = names.map((name) => (anyCase ? name.toLowerCase() : name));
  return new Set(compared).size < compared.length ? 'twice' : null;
}

/** A reference such as `${env:HOST}` may stand for any part. */
function urlFault(url: string): EntryFault | null {
  if (url === '') return 'noUrl';
  if (url.includes('${') || url.includes(MASK)) return null;
  return URL.canParse(url) && /^(https?|wss?):$/.test(new URL(url).protocol) ? null : 'badUrl';
}

function timeoutFault(value: string): EntryFault | null {
  if (value.trim() === '') return null;
  const seconds = Number(value);
  return Number.isInteger(seconds) && seconds >= 1 && seconds <= LONGEST_SECONDS
    ? null
    : 'badTimeout';
}
