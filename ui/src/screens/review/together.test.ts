import { describe, expect, it } from 'vitest';
import type { Evidence, ServerReview, TrustStatus } from '../../api/types';
import { calm } from '../../lib/server.fixture';
import { isPlain, markOf, opening } from './together';

function review(evidence: Partial<Evidence> = {}, trust: Partial<TrustStatus> = {}): ServerReview {
  return {
    server: 'time',
    trust: { ...calm, ...trust },
    evidence: {
      transport: 'stdio',
      target: 'uvx time-mcp',
      env: [],
      headers: [],
      cwd: null,
      warnings: [],
      ...evidence,
    },
    approved_evidence: null,
    changes: [],
    launch: 'one',
    definitions: [],
    audience: [],
    undo: null,
  };
}

describe('a new server', () => {
  it.each([
    [review(), true],
    [review({ env: ['API_KEY'] }), true],
    [review({ warnings: ['It is fetched anew.'] }), false],
    [review({ target: 'uvx time\u200b-mcp' }), false],
    [{ ...review(), server: 'ti\u2060me' }, false],
    [review({}, { flagged: 1 }), false],
    [review({}, { wanted: 'auto' }), false],
  ])('%# is plain or calls for a second look', (given, plain) => {
    expect(isPlain(given)).toBe(plain);
  });

  it('that would be started in another way was not in view', () => {
    expect(markOf({ ...review(), launch: 'another' })).not.toBe(markOf(review()));
  });

  it('is started as it was shown, once', () => {
    expect(opening(review({}, { may_start: false }), 'scan')).toEqual({
      decision: 'start',
      launch: 'one',
      mode: 'scan',
    });
    expect(opening(review(), 'scan')).toEqual({ decision: 'trust', mode: 'scan' });
  });
});
