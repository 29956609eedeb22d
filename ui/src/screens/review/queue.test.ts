import { describe, expect, it } from 'vitest';
import type { HoldReason, ReviewItem, ServerStatus, TrustStatus } from '../../api/types';
import { calm, server as anyServer } from '../../lib/server.fixture';
import { queue, server as entryOf } from './queue';

function server(
  name: string,
  hold: HoldReason | null,
  since = 0,
  more: Partial<TrustStatus> = {},
): ServerStatus {
  return anyServer({ name, since, trust: { ...calm, hold, ...more } });
}

function proposal(id: string, at: number, warnings: string[] = []): ReviewItem {
  return { id, name: id, at, source: 'link', evidence: { warnings } } as unknown as ReviewItem;
}

const names = (all: { name: string }[]): string[] => all.map(({ name }) => name);

describe('the queue', () => {
  it('has proposals and held servers, and nothing else', () => {
    const servers = [server('held', 'new-server'), server('fine', null)];
    expect(names(queue([proposal('one', 1)], servers))).toEqual(['held', 'one']);
  });

  it('starts with what a scan complained about, then what was in use, then the oldest', () => {
    const servers = [
      server('new', 'new-server', 5),
      server('added', 'added-definitions', 1),
      server('changed', 'changed-definitions', 9),
      server('launch', 'launch-changed', 8),
      server('flagged', 'new-definitions', 10, { flagged: 1 }),
    ];
    expect(names(queue([proposal('link', 3)], servers))).toEqual([
      'flagged',
      'launch',
      'changed',
      'added',
      'link',
      'new',
    ]);
  });

  it('has several new servers together on top, and one by one', () => {
    const servers = [server('b', 'new-server', 2), server('a', 'new-server', 1)];
    const [all, ...single] = queue([], servers);
    expect(all?.together).toEqual(servers);
    expect(all?.since).toBe(1);
    expect(names(single)).toEqual(['a', 'b']);
  });

  it('keeps a server apart from a proposal of the same name', () => {
    const [one, other] = queue([proposal('same', 1)], [server('same', 'new-server')]);
    expect(one?.id).not.toBe(other?.id);
    expect([one?.path, other?.path]).toEqual(['/review/server/same', '/review/same']);
  });

  it('is another list: what was given stays as it is', () => {
    const servers = [server('b', 'new-server', 2), server('a', 'new-server', 1)];
    queue([], servers);
    expect(names(servers)).toEqual(['b', 'a']);
  });
});

describe('tags', () => {
  it('say why, how much, and what is flagged', () => {
    const given = server('s', 'changed-definitions', 0, { pending: 2, changed: 1, flagged: 1 });
    const words = entryOf(given).tags.map(({ word, tone }) => [word, tone]);
    expect(words).toEqual([
      ['trust.hold_changed-definitions', 'neutral'],
      ['trust.pending', 'neutral'],
      ['trust.changed', 'neutral'],
      ['trust.flagged', 'warning'],
    ]);
  });

  it('leave out what is none', () => {
    expect(entryOf(server('s', 'new-server')).tags).toHaveLength(1);
    expect(entryOf(server('s', null)).tags).toEqual([]);
  });

  it('count the warnings of a proposal', () => {
    const [quiet, loud] = queue([proposal('a', 1), proposal('b', 2, ['x'])], []);
    expect(quiet?.tags.map(({ word }) => word)).toEqual(['review.source_link']);
    expect(loud?.tags.map(({ word }) => word)).toEqual([
      'review.source_link',
      'review.warningCount',
    ]);
  });

  it('address a server whatever its name is', () => {
    expect(entryOf(server('a/b c', null)).path).toBe('/review/server/a%2Fb%20c');
  });
});
