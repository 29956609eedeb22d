/** Sorting of table rows. */

export interface Order {
  column: string;
  descending: boolean;
}

export type SortValue = string | number | null;

/** The rows ordered by `value`, without a value last, otherwise as they were. */
export function sorted<T>(
  rows: readonly T[],
  value: (row: T) => SortValue,
  descending: boolean,
  language: string,
): T[] {
  const words = new Intl.Collator(language, { numeric: true, sensitivity: 'base' });
  return rows.toSorted((one, other) => {
    const a = value(one);
    const b = value(other);
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    const order =
      typeof a === 'number' && typeof b === 'number' ? a - b : words.compare(String(a), String(b));
    return descending ? -order : order;
  });
}

/** What a click on a column's title makes of the order: up, down, as it was. */
export function nextOrder(order: Order | null, column: string): Order | null {
  if (order?.column !== column) return { column, descending: false };
  return order.descending ? null : { column, descending: true };
}
