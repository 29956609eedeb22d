/** The definitions of a server under review: which are shown, decided about, and how they differ. */

import type {
  Decision,
  DefinitionId,
  DefinitionReview,
  Effect,
  Evidence,
  ScanFinding,
  ServerReview,
} from '../../api/types';
import { quote } from '../../lib/shell';

export const filters = ['waiting', 'clean', 'changed', 'flagged', 'all'] as const;
export type Filter = (typeof filters)[number];

export function fits(definition: DefinitionReview, filter: Filter): boolean {
  switch (filter) {
    case 'waiting':
      return waits(definition);
    case 'clean':
      return waits(definition) && definition.verdict === 'clean';
    case 'changed':
      return definition.standing === 'changed';
    case 'flagged':
      return definition.verdict !== 'clean';
    case 'all':
      return true;
  }
}

/** Whether its server offers it and nobody has decided about it as it is now. */
export function waits({ standing, listed }: DefinitionReview): boolean {
  return listed && (standing === 'pending' || standing === 'changed');
}

/** Which definition, whatever it says. */
export function nameOf({ kind, name }: DefinitionId): string {
  return `${kind} ${name}`;
}

/** Which definition as it is shown: another hash is something else to look at. */
export function keyOf(definition: DefinitionReview): string {
  return `${nameOf(definition)} ${definition.hash}`;
}

/** Which of those that are shown a decision is about: the selected ones, else all that wait. */
export function chosen(
  shown: readonly DefinitionReview[],
  selection: ReadonlySet<string>,
): DefinitionReview[] {
  const selected = shown.filter((definition) => selection.has(keyOf(definition)));
  return selected.length > 0 ? selected : shown.filter(waits);
}

/** The decision about these, each as it was seen; `null` where it would change nothing. */
export function decision(
  decision: 'approve' | 'block',
  definitions: readonly DefinitionReview[],
): Extract<Decision, { decision: 'approve' | 'block' }> | null {
  const done = decision === 'approve' ? 'approved' : 'blocked';
  const open = definitions.filter(({ standing }) => standing !== done);
  if (open.length === 0) return null;
  return { decision, definitions: open.map(({ kind, name, hash }) => ({ kind, name, hash })) };
}

/** The same on the command line, which has to name what is made to mislead, and is kept short. */
export function cliOf(
  decision: 'approve' | 'block',
  server: string,
  target: readonly DefinitionReview[],
  whole: boolean,
): string {
  const MOST = 4;
  const start = `toolgate review ${decision} ${quote(server)}`;
  const misleads = target.some(({ verdict }) => verdict === 'block');
  if (whole && !(misleads && decision === 'approve')) return `${start} --all`;
  const names = target.length > MOST ? ['NAME…'] : target.map((one) => quote(cliName(one)));
  return `${start} ${names.join(' ')}`;
}

function cliName({ kind, name }: DefinitionId): string {
  if (kind === 'tool') return name;
  return kind === 'instructions' ? kind : `${kind}:${name}`;
}

/** Those that are made to mislead and whose findings were not in view yet. */
export function unseen(
  definitions: readonly DefinitionReview[],
  seen: ReadonlySet<string>,
): DefinitionReview[] {
  return definitions.filter(
    (definition) => definition.verdict === 'block' && !seen.has(keyOf(definition)),
  );
}

/** Whether something that was shown is another by now; more of it does not count. */
export function differs(before: ServerReview, after: ServerReview): boolean {
  const hashes = new Map(before.definitions.map((one) => [nameOf(one), one.hash]));
  return (
    before.launch !== after.launch ||
    after.definitions.some((one) => (hashes.get(nameOf(one)) ?? one.hash) !== one.hash)
  );
}

/** What a scan found in those that wait, the worst first. */
export function findingsOf(
  definitions: readonly DefinitionReview[],
): { definition: DefinitionReview; finding: ScanFinding }[] {
  return definitions
    .filter(waits)
    .flatMap((definition) => definition.findings.map((finding) => ({ definition, finding })))
    .toSorted((one, other) => rank(one.finding) - rank(other.finding));
}

function rank({ verdict }: ScanFinding): number {
  return verdict === 'block' ? 0 : 1;
}

/** A part of a definition, as text, and as it was approved where that is another. */
export interface Part {
  part: 'text' | 'rest';
  now: string;
  approved: string | null;
}

/** What a model reads, then everything else; parts that are empty are left out. */
export function partsOf({ now, approved }: DefinitionReview): Part[] {
  const before = approved === undefined || approved === null ? null : split(approved);
  const after = split(now);
  return (['text', 'rest'] as const)
    .map((part) => ({ part, now: after[part], approved: before?.[part] ?? null }))
    .map((one) => (one.approved === one.now ? { ...one, approved: null } : one))
    .filter(({ now, approved }) => now !== '' || approved);
}

function split(value: unknown): { text: string; rest: string } {
  if (!isRecord(value)) return { text: typeof value === 'string' ? value : '', rest: '' };
  const { name: _, description, ...rest } = value;
  const text = typeof description === 'string' ? description : '';
  return { text, rest: Object.keys(rest).length > 0 ? ordered(rest) : '' };
}

/** JSON with its names in order, so that only what says something else differs. */
function ordered(value: unknown): string {
  return JSON.stringify(
    value,
    (_, inner: unknown) =>
      isRecord(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
        : inner,
    2,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a tool says that calling it does, as the gateway reads it; `null` for what is not called. */
export function effectOf({ kind, now }: DefinitionReview): Effect | null {
  if (kind !== 'tool' || !isRecord(now)) return null;
  const hints = isRecord(now['annotations']) ? now['annotations'] : {};
  if (hints['destructiveHint'] === true) return 'destructive';
  return hints['readOnlyHint'] === true ? 'read' : 'write';
}

/** A launch as lines, to be compared; each but the first says in these words what it is. */
export function launchLines(
  { target, env, headers, cwd }: Evidence,
  words: { env: string; headers: string; cwd: string },
): string {
  const of = (word: string, names: readonly string[]): string[] =>
    names.toSorted().map((name) => `${word}: ${name}`);
  return [
    target,
    ...of(words.cwd, cwd ? [cwd] : []),
    ...of(words.env, env),
    ...of(words.headers, headers),
  ].join('\n');
}
