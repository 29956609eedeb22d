import { describe, expect, it } from 'vitest';
import type { CallSummary } from '../api/types';
import { groupCalls } from './group';

function call(tool: string, more: Partial<CallSummary> = {}): CallSummary {
  const at = 0;
  return { id: at, at, client: 'c', server: 's', tool, outcome: 'ok', millis: 1, ...more };
}

function drawn(calls: CallSummary[], most = 10): string[] {
  return groupCalls(calls, most).map(
    ({ call: { tool, outcome }, count }) => `${tool} ${outcome} ${count}`,
  );
}

describe('groupCalls', () => {
  it('puts together only what follows each other', () => {
    expect(drawn([call('a'), call('a'), call('b'), call('a')])).toEqual([
      'a ok 2',
      'b ok 1',
      'a ok 1',
    ]);
  });

  it('keeps failures, clients and servers apart', () => {
    const calls = [
      call('a'),
      call('a', { outcome: 'lost' }),
      call('a', { client: 'd' }),
      call('a', { server: 't' }),
    ];
    expect(groupCalls(calls, 10)).toHaveLength(4);
  });

  it('counts the last group to its end', () => {
    expect(drawn([call('a'), call('b'), call('b'), call('c')], 2)).toEqual(['a ok 1', 'b ok 2']);
  });

  it('shows the newest of each group', () => {
    const [group] = groupCalls([call('a', { id: 9 }), call('a', { id: 8 })], 1);
    expect(group?.call.id).toBe(9);
  });
});
