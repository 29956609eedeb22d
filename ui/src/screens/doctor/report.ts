/** The doctor's findings in the order in which they are read. */

import type { Finding } from '../../api/types';

type Status = Finding['status'];

const rank: Record<Status, number> = { error: 0, warning: 1, ok: 2 };

/** By group in the gateway's order; within a group the worst first. */
export function grouped(findings: readonly Finding[]): [string, Finding[]][] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const group = groups.get(finding.group);
    if (group) group.push(finding);
    else groups.set(finding.group, [finding]);
  }
  return [...groups].map(([group, rows]) => [
    group,
    rows.toSorted((one, other) => rank[one.status] - rank[other.status]),
  ]);
}

export function counts(findings: readonly Finding[]): Record<Status, number> {
  const found = { ok: 0, warning: 0, error: 0 };
  for (const { status } of findings) found[status] += 1;
  return found;
}
