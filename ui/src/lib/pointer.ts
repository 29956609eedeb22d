/** Values in JSON by pointer (RFC 6901). */

/** A copy of `value` with what `pointer` leads to set; a place that cannot be reached is left. */
export function setPointer(value: unknown, pointer: string, to: unknown): unknown {
  if (pointer === '') return to;
  if (!pointer.startsWith('/')) return value;
  const path = pointer.slice(1).split('/');
  return setPath(
    value,
    path.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')),
    to,
  );
}

function setPath(value: unknown, path: string[], to: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return to;
  if (Array.isArray(value)) {
    const index = key === '-' ? value.length : Number(key);
    if (!Number.isInteger(index) || index < 0 || index > value.length) return value;
    const copy: unknown[] = [...(value as unknown[])];
    copy[index] = setPath(copy[index], rest, to);
    return copy;
  }
  if (value !== undefined && !isRecord(value)) return value;
  const old = value ?? {};
  const known = Object.hasOwn(old, key);
  const entries = known ? Object.entries(old) : [...Object.entries(old), [key, undefined] as const];
  return Object.fromEntries(
    entries.map(([name, part]) => [name, name === key ? setPath(part, rest, to) : part]),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
