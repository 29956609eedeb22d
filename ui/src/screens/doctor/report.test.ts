import { describe, expect, it } from 'vitest';
import type { Finding } from '../../api/types';
import { counts, grouped } from './report';

function finding(id: string, group: string, status: Finding['status']): Finding {
  return { id, group, status, title: id, message: '', fix: '', command: null };
}

const some = [
  finding('a', 'gateway', 'ok'),
  finding('b', 'programs', 'warning'),
  finding('c', 'gateway', 'warning'),
  finding('d', 'gateway', 'error'),
  finding('e', 'gateway', 'warning'),
];

describe('the report', () => {
  it('has the worst of each group first, and otherwise the order of the gateway', () => {
    expect(
      grouped(some).map(([group, rows]) => [group, rows.map(({ id }) => id).join('')]),
    ).toEqual([
      ['gateway', 'dcea'],
      ['programs', 'b'],
    ]);
  });

  it('counts', () => {
    expect(counts(some)).toEqual({ ok: 1, warning: 3, error: 1 });
    expect(counts([])).toEqual({ ok: 0, warning: 0, error: 0 });
  });
});
