/** What changed between two texts, line by line. */

export interface DiffLine {
  kind: 'same' | 'added' | 'removed';
  text: string;
}

/** Above this product of lines the middle is shown as replaced, instead of being compared. */
const MOST_CELLS = 1_000_000;

/** A line cut into what its counterpart has as well and what it has not. */
export interface MarkedLine {
  kind: DiffLine['kind'];
  parts: { text: string; changed: boolean }[];
}

/** The lines of both, in order, with the fewest additions and removals. */
export function diffLines(before: string, after: string): DiffLine[] {
  return diffParts(before === '' ? [] : before.split('\n'), after === '' ? [] : after.split('\n'));
}

/** The same with the words marked that differ between a removed line and the one in its place. */
export function diffWords(before: string, after: string): MarkedLine[] {
  const found: MarkedLine[] = [];
  const all = diffLines(before, after);
  for (let at = 0; at < all.length;) {
    const removed = run(all, at, 'removed');
    const added = run(all, at + removed.length, 'added');
    if (removed.length + added.length === 0) {
      found.push({ kind: 'same', parts: [{ text: all[at]?.text ?? '', changed: false }] });
      at += 1;
      continue;
    }
    found.push(...removed.map((line, index) => marked(line, added[index])));
    found.push(...added.map((line, index) => marked(line, removed[index])));
    at += removed.length + added.length;
  }
  return found;
}

function run(all: DiffLine[], start: number, kind: DiffLine['kind']): DiffLine[] {
  let end = start;
  while (all[end]?.kind === kind) end += 1;
  return all.slice(start, end);
}

function marked(line: DiffLine, other: DiffLine | undefined): MarkedLine {
  if (!other) return { kind: line.kind, parts: [{ text: line.text, changed: false }] };
  const words = diffParts(cut(line.text), cut(other.text)).filter(({ kind }) => kind !== 'added');
  return {
    kind: line.kind,
    parts: words.map(({ kind, text }) => ({ text, changed: kind === 'removed' })),
  };
}

/** Words, spaces, and every other character by itself. */
function cut(text: string): string[] {
  return text.match(/\s+|[\p{L}\p{N}_]+|[^]/gu) ?? [];
}

function diffParts(a: string[], b: string[]): DiffLine[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (
    end < a.length - start &&
    end < b.length - start &&
    a[a.length - 1 - end] === b[b.length - 1 - end]
  ) {
    end += 1;
  }
  return [
    ...lines('same', a.slice(0, start)),
    ...diffMiddle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...lines('same', a.slice(a.length - end)),
  ];
}

function diffMiddle(a: string[], b: string[]): DiffLine[] {
  if (a.length * b.length > MOST_CELLS) return [...lines('removed', a), ...lines('added', b)];
  const longest = commonLengths(a, b);
  const found: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const left = a[i];
    const right = b[j];
    if (left !== undefined && left === right) {
      found.push({ kind: 'same', text: left });
      i += 1;
      j += 1;
    } else if (left !== undefined && length(longest, i + 1, j) >= length(longest, i, j + 1)) {
      found.push({ kind: 'removed', text: left });
      i += 1;
    } else {
      if (right !== undefined) found.push({ kind: 'added', text: right });
      j += 1;
    }
  }
  return found;
}

/** For each pair of ends, how many lines both rests have in common; −1 beyond the ends of `a`. */
function commonLengths(a: string[], b: string[]): Uint32Array[] {
  const table = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const row = table[i];
      if (!row) continue;
      row[j] =
        a[i] === b[j]
          ? length(table, i + 1, j + 1) + 1
          : Math.max(length(table, i + 1, j), length(table, i, j + 1));
    }
  }
  return table;
}

function length(table: Uint32Array[], i: number, j: number): number {
  return table[i]?.[j] ?? -1;
}

function lines(kind: DiffLine['kind'], texts: string[]): DiffLine[] {
  return texts.map((text) => ({ kind, text }));
}
