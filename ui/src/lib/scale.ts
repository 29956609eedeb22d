/** The numbers beside a chart, and its lines. */

/** From nothing to at least `highest`, in at most `most` steps of 1, 2 or 5 times a power of ten. */
export function ticks(highest: number, most = 4): number[] {
  const top = Math.max(highest, 1);
  const rough = top / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, ([1, 2, 5].find((times) => times * power >= rough) ?? 10) * power);
  return Array.from({ length: Math.ceil(top / step) + 1 }, (_, index) => index * step);
}

/** The runs of values that follow each other without a gap, with the index of each. */
export function runs(values: readonly (number | null)[]): [number, number][][] {
  const found: [number, number][][] = [];
  let open = false;
  for (const [index, value] of values.entries()) {
    if (value === null) {
      open = false;
      continue;
    }
    if (open) found.at(-1)?.push([index, value]);
    else found.push([[index, value]]);
    open = true;
  }
  return found;
}
