/** Names with values, as they are typed into rows. */

export interface Pair {
  name: string;
  value: string;
}

/** The pairs as an object; rows without a name are left out, the last of a name wins. */
export function toObject(pairs: readonly Pair[]): Record<string, string> {
  const named = pairs.map(({ name, value }) => [name.trim(), value] as const);
  return Object.fromEntries(named.filter(([name]) => name !== ''));
}
