/** One line of a log, and what can be made of many. */

/** `output` is what a server printed by itself, which has no level. */
export const LEVELS = ['error', 'warn', 'info', 'debug', 'output'] as const;
export type Level = (typeof LEVELS)[number];

export interface LogLine {
  /** Ascends in the order of arrival; unique within one view. */
  id: number;
  /** Unix milliseconds; `null` where the line does not begin with a time. */
  at: number | null;
  level: Level;
  text: string;
  /** As it is in the file. */
  raw: string;
}

export interface Match {
  /** The place of the line among those that are searched. */
  index: number;
  id: number;
}

/** Where a match begins and ends within a line. */
export type Span = [start: number, end: number];

const TIME = String.raw`(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)`;
/** `… stderr: text` and `… gateway WARN: text` in the log of a server. */
const OF_SERVER = new RegExp(
  `^${TIME} (?:stderr|gateway (ERROR|WARN|INFO|DEBUG|TRACE)): ?(.*)$`,
  's',
);
/** `…  INFO text` in the gateway's own log. */
const OF_GATEWAY = new RegExp(`^${TIME} +(ERROR|WARN|INFO|DEBUG|TRACE) (.*)$`, 's');

const levels: Record<string, Level> = {
  ERROR: 'error',
  WARN: 'warn',
  INFO: 'info',
  DEBUG: 'debug',
  TRACE: 'debug',
};

/** The parts of a line; one of another form is output without a time. */
export function readLine(raw: string, id: number): LogLine {
  const found = OF_SERVER.exec(raw) ?? OF_GATEWAY.exec(raw);
  if (!found) return { id, at: null, level: 'output', text: raw, raw };
  const [, time = '', level = '', text = ''] = found;
  const at = Date.parse(time);
  return { id, at: Number.isNaN(at) ? null : at, level: levels[level] ?? 'output', text, raw };
}

/** The lines of the levels that are chosen; of all, where none is. */
export function ofLevels(
  lines: readonly LogLine[],
  chosen: ReadonlySet<Level>,
): readonly LogLine[] {
  return chosen.size === 0 ? lines : lines.filter((line) => chosen.has(line.level));
}

/** Every place of `wanted` in `text`, without regard to case. */
export function spans(text: string, wanted: string): Span[] {
  if (!wanted) return [];
  const found: Span[] = [];
  const needle = new RegExp(wanted.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`), 'giu');
  for (const hit of text.matchAll(needle)) found.push([hit.index, hit.index + hit[0].length]);
  return found;
}

/** The lines that contain `wanted`, without regard to case. */
export function matches(lines: readonly LogLine[], wanted: string): Match[] {
  if (!wanted) return [];
  return lines.flatMap((line, index) =>
    spans(line.text, wanted).length > 0 ? [{ index, id: line.id }] : [],
  );
}

/** How many lines each level has. */
export function countLevels(lines: readonly LogLine[]): Record<Level, number> {
  const counts = { error: 0, warn: 0, info: 0, debug: 0, output: 0 };
  for (const line of lines) counts[line.level] += 1;
  return counts;
}

/** Lines that are drawn, and left out where they are out of sight, together. */
export interface Block {
  id: number;
  lines: readonly LogLine[];
}

const BLOCK = 100;

/**
 * The lines in blocks; a block of `before` that is the same still is the same object, so that
 * lines that come cost no more the more there are.
 */
export function blocks(lines: readonly LogLine[], before: readonly Block[]): Block[] {
  const found: { id: number; lines: LogLine[] }[] = [];
  for (const line of lines) {
    const id = Math.floor(line.id / BLOCK);
    const last = found.at(-1);
    if (last?.id === id) last.lines.push(line);
    else found.push({ id, lines: [line] });
  }
  const known = new Map(before.map((block) => [block.id, block]));
  return found.map((block) => {
    const old = known.get(block.id);
    return old && sameLines(old.lines, block.lines) ? old : block;
  });
}

function sameLines(one: readonly LogLine[], other: readonly LogLine[]): boolean {
  return one.length === other.length && one.every((line, index) => line === other[index]);
}

/** Lines as a block to paste into an issue or a chat; its fence is longer than any within. */
export function asMarkdown(title: string, lines: readonly LogLine[]): string {
  const text = lines.map((line) => line.raw).join('\n');
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `**${title}**\n\n${fence}text\n${text}\n${fence}\n`;
}

/**
 * The lines of `incoming` that are not among `known` yet, for a log that is followed again after
 * the connection was lost: both are in the order of time, and may overlap.
 */
export function unknown(known: readonly LogLine[], incoming: readonly LogLine[]): LogLine[] {
  const last = known.findLast((line) => line.at !== null)?.at ?? null;
  if (last === null)
    return known.length === 0 ? [...incoming] : incoming.slice(overlap(known, incoming));
  const latest = new Set(known.filter((line) => line.at === last).map((line) => line.raw));
  const start = incoming.findIndex(
    ({ at, raw }) => at !== null && (at > last || (at === last && !latest.has(raw))),
  );
  return start < 0 ? [] : incoming.slice(start);
}

/** How many lines at the beginning of `incoming` are the end of `known`. */
function overlap(known: readonly LogLine[], incoming: readonly LogLine[]): number {
  const most = Math.min(known.length, incoming.length);
  for (let size = most; size > 0; size -= 1) {
    const tail = known.slice(known.length - size);
    if (tail.every((line, index) => line.raw === incoming[index]?.raw)) return size;
  }
  return 0;
}
