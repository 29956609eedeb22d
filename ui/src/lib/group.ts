/** Calls as a person reads them: the same one many times in a row is one line. */

import type { CallSummary } from '../api/types';

export interface CallGroup {
  /** The newest of them. */
  call: CallSummary;
  count: number;
}

/** At most `most` groups, in the order of the calls; failures stay apart from successes. */
export function groupCalls(calls: readonly CallSummary[], most: number): CallGroup[] {
  const groups: CallGroup[] = [];
  for (const call of calls) {
    const last = groups.at(-1);
    if (last && alike(last.call, call)) last.count += 1;
    else if (groups.length === most) break;
    else groups.push({ call, count: 1 });
  }
  return groups;
}

function alike(one: CallSummary, other: CallSummary): boolean {
  return (
    one.client === other.client &&
    one.server === other.server &&
    one.tool === other.tool &&
    one.outcome === other.outcome
  );
}
