import { describe, expect, it } from 'vitest';
import type { Activity } from '../../api/types';
import { merge, readFilter, rows, waterfall } from './group';

function entry(id: number, tool: string, more: Partial<Activity> = {}): Activity {
  const common = {
    kind: 'call',
    client: 'Cursor',
    server: 'time',
    outcome: 'ok',
    millis: id,
  } as const;
  return { id, at: id, text: null, ...common, tool, ...more };
}

const short = (entries: Activity[], open: string[] = []): string[] =>
  rows(entries, new Set(open)).map(
    ({ entry: { id }, count, inner }) =>
      `${inner ? '> ' : ''}${id}${count > 1 ? ` ×${count}` : ''}`,
  );

describe('rows', () => {
  const some = [entry(5, 'a'), entry(4, 'a'), entry(3, 'a'), entry(2, 'b'), entry(1, 'a')];

  it('take together what is the same one after the other', () => {
    expect(short(some)).toEqual(['5 ×3', '2', '1']);
  });

  it('show what an open group holds', () => {
    expect(short(some, ['3'])).toEqual(['5 ×3', '> 4', '> 3', '2', '1']);
  });

  it('stay open when newer ones come', () => {
    expect(short([entry(6, 'a'), ...some], ['3'])[0]).toBe('6 ×4');
    expect(short([entry(6, 'a'), ...some], ['3'])).toHaveLength(6);
  });

  it('never hide a failure among what went well', () => {
    expect(short([entry(3, 'a'), entry(2, 'a', { outcome: 'refused' }), entry(1, 'a')])).toEqual([
      '3',
      '2',
      '1',
    ]);
  });

  it('tell apart what different programs did', () => {
    expect(short([entry(2, 'a'), entry(1, 'a', { client: 'Zed' })])).toEqual(['2', '1']);
  });
});

describe('a newer page', () => {
  const ids = (entries: readonly Activity[]): number[] => entries.map(({ id }) => id);
  const known = [entry(3, 'a'), entry(2, 'a'), entry(1, 'a')];

  it('comes before what is known, each entry once', () => {
    expect(ids(merge(known, [entry(5, 'a'), entry(4, 'a'), entry(3, 'a')]))).toEqual([
      5, 4, 3, 2, 1,
    ]);
    expect(ids(merge(known, [entry(3, 'a'), entry(2, 'a')]))).toEqual([3, 2, 1]);
  });

  it('replaces what is known where entries between are missing', () => {
    expect(ids(merge(known, [entry(9, 'a'), entry(8, 'a')]))).toEqual([9, 8]);
    expect(ids(merge([], [entry(1, 'a')]))).toEqual([1]);
    expect(merge(known, [])).toEqual([]);
  });
});

describe('the filter of an address', () => {
  it('leaves out words that there are not', () => {
    const filter = readFilter(new URLSearchParams('kind=call&outcome=nonsense&client=Zed&text='));
    expect(filter).toEqual({
      kind: 'call',
      outcome: undefined,
      client: 'Zed',
      server: undefined,
      tool: undefined,
      text: undefined,
    });
  });
});

describe('the steps of a call', () => {
  it('follow one another', () => {
    expect(waterfall([1, 3, 0])).toEqual([
      { start: 0, share: 0.25 },
      { start: 0.25, share: 0.75 },
      { start: 1, share: 0 },
    ]);
  });

  it('may take no time at all', () => {
    expect(waterfall([0])).toEqual([{ start: 0, share: 0 }]);
  });
});
