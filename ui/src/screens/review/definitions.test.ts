import { describe, expect, it } from 'vitest';
import type { DefinitionReview, ScanFinding, ServerReview } from '../../api/types';
import {
  chosen,
  cliOf,
  decision,
  differs,
  effectOf,
  filters,
  findingsOf,
  fits,
  keyOf,
  launchLines,
  partsOf,
  unseen,
} from './definitions';

function tool(name: string, more: Partial<DefinitionReview> = {}): DefinitionReview {
  return {
    kind: 'tool',
    name,
    standing: 'pending',
    hash: `hash of ${name}`,
    now: { name, description: 'Does it.' },
    approved: null,
    verdict: 'clean',
    findings: [],
    since: 0,
    listed: true,
    ...more,
  };
}

function finding(code: string, verdict: ScanFinding['verdict']): ScanFinding {
  return { code, verdict, message: '', place: '', excerpt: '' };
}

const names = (all: DefinitionReview[]): string[] => all.map(({ name }) => name);

describe('filters', () => {
  it.each([
    [tool('new'), ['waiting', 'clean', 'all']],
    [tool('changed', { standing: 'changed' }), ['waiting', 'clean', 'changed', 'all']],
    [tool('approved', { standing: 'approved' }), ['all']],
    [tool('gone', { listed: false }), ['all']],
    [tool('flagged', { verdict: 'review' }), ['waiting', 'flagged', 'all']],
    [tool('known bad', { standing: 'blocked', verdict: 'block' }), ['flagged', 'all']],
  ])('$name', (definition, expected) => {
    expect(filters.filter((filter) => fits(definition, filter))).toEqual(expected);
  });
});

describe('what a decision is about', () => {
  const all = [tool('a'), tool('b', { standing: 'approved' }), tool('c', { standing: 'changed' })];

  it('is all that is shown and waits', () => {
    expect(names(chosen(all, new Set()))).toEqual(['a', 'c']);
  });

  it('is what was picked, also what was decided about before', () => {
    expect(names(chosen(all, new Set(all.slice(0, 2).map(keyOf))))).toEqual(['a', 'b']);
  });

  it('is not what was picked and is not shown any more', () => {
    expect(names(chosen(all.slice(2), new Set(all.slice(0, 1).map(keyOf))))).toEqual(['c']);
  });

  it('is not a later version of what was picked', () => {
    const picked = new Set([keyOf(tool('a'))]);
    expect(names(chosen([tool('a', { hash: 'another' }), tool('c')], picked))).toEqual(['a', 'c']);
  });
});

describe('a decision', () => {
  it('names each definition as it was seen, and nothing more of it', () => {
    const definitions = [tool('a'), tool('uri:x', { kind: 'resource' })];
    expect(decision('approve', definitions)).toEqual({
      decision: 'approve',
      definitions: [
        { kind: 'tool', name: 'a', hash: 'hash of a' },
        { kind: 'resource', name: 'uri:x', hash: 'hash of uri:x' },
      ],
    });
  });

  it('leaves out what is so already', () => {
    const both = [tool('a', { standing: 'approved' }), tool('b', { standing: 'blocked' })];
    expect(decision('approve', both)?.definitions.map(({ name }) => name)).toEqual(['b']);
    expect(decision('block', both)?.definitions.map(({ name }) => name)).toEqual(['a']);
    expect(decision('block', both.slice(1))).toBeNull();
  });
});

describe('what misleads', () => {
  const bad = tool('bad', { verdict: 'block' });

  it('has to be seen; what only deserves a look has not', () => {
    expect(
      names(unseen([bad, tool('odd', { verdict: 'review' }), tool('fine')], new Set())),
    ).toEqual(['bad']);
    expect(unseen([bad], new Set([keyOf(bad)]))).toEqual([]);
  });

  it('has to be seen again once it is another', () => {
    const later = { ...bad, hash: 'another' };
    expect(unseen([later], new Set([keyOf(bad)]))).toEqual([later]);
  });

  it('is on top of what was found, without what was decided about', () => {
    const found = findingsOf([
      tool('a', { findings: [finding('mild', 'review')] }),
      tool('b', { findings: [finding('milder', 'review'), finding('bad', 'block')] }),
      tool('c', { standing: 'blocked', findings: [finding('known', 'block')] }),
    ]);
    expect(found.map((one) => `${one.definition.name} ${one.finding.code}`)).toEqual([
      'b bad',
      'a mild',
      'b milder',
    ]);
  });
});

describe('while somebody looks', () => {
  const review = (launch: string, definitions: DefinitionReview[]): ServerReview =>
    ({ launch, definitions }) as ServerReview;
  const before = review('one', [tool('a'), tool('b')]);

  it('another launch or another version counts', () => {
    expect(differs(before, review('two', before.definitions))).toBe(true);
    expect(differs(before, review('one', [tool('a', { hash: 'x' }), tool('b')]))).toBe(true);
  });

  it('more, fewer, or a decision do not', () => {
    const after = [tool('a', { standing: 'approved' }), tool('c')];
    expect(differs(before, review('one', after))).toBe(false);
  });
});

describe('the parts of a definition', () => {
  it('are what a model reads and its form, with names in order', () => {
    const now = {
      name: 'a',
      description: 'Says it.',
      z: 1,
      annotations: { b: 1, a: [{ d: 1, c: 2 }] },
    };
    const [text, rest] = partsOf(tool('a', { now }));
    expect(text).toEqual({ part: 'text', now: 'Says it.', approved: null });
    expect(rest?.now.match(/"\w+"/g)).toEqual(['"annotations"', '"a"', '"c"', '"d"', '"b"', '"z"']);
  });

  it('are compared with what was approved only where they differ', () => {
    const approved = { description: 'Said it.', inputSchema: { type: 'object', properties: {} } };
    const now = { inputSchema: { properties: {}, type: 'object' }, description: 'Says it.' };
    expect(partsOf(tool('a', { now, approved })).map((one) => one.approved)).toEqual([
      'Said it.',
      null,
    ]);
  });

  it('keep what is gone', () => {
    const parts = partsOf(tool('a', { now: { name: 'a' }, approved: { description: 'Said it.' } }));
    expect(parts).toEqual([{ part: 'text', now: '', approved: 'Said it.' }]);
  });

  it('of instructions are their text', () => {
    const parts = partsOf(tool('', { kind: 'instructions', now: 'Be kind.', approved: 'Be.' }));
    expect(parts).toEqual([{ part: 'text', now: 'Be kind.', approved: 'Be.' }]);
  });
});

describe('an effect', () => {
  it.each([
    [{}, 'write'],
    [{ annotations: { readOnlyHint: true } }, 'read'],
    [{ annotations: { readOnlyHint: true, destructiveHint: true } }, 'destructive'],
    [{ annotations: 'readOnlyHint' }, 'write'],
  ])('of %j is %s', (now, expected) => {
    expect(effectOf(tool('a', { now }))).toBe(expected);
  });

  it('is nothing that a prompt has', () => {
    expect(effectOf(tool('a', { kind: 'prompt' }))).toBeNull();
  });
});

describe('a launch', () => {
  it('is compared line by line, whatever the order of names', () => {
    const words = { env: 'E', headers: 'H', cwd: 'in' };
    const evidence = {
      transport: 'stdio',
      target: 'npx x',
      env: ['B', 'A'],
      headers: ['C'],
      cwd: '/tmp',
      warnings: [],
    };
    expect(launchLines(evidence, words)).toBe('npx x\nin: /tmp\nE: A\nE: B\nH: C');
    expect(launchLines({ ...evidence, cwd: null, env: [], headers: [] }, words)).toBe('npx x');
  });
});

describe('the same on the command line', () => {
  const odd = tool('it is', { verdict: 'block' });

  it('names all that wait at once, but not what misleads', () => {
    expect(cliOf('approve', 'a b', [tool('x')], true)).toBe("toolgate review approve 'a b' --all");
    expect(cliOf('approve', 's', [odd], true)).toBe("toolgate review approve s 'it is'");
    expect(cliOf('block', 's', [odd], true)).toBe('toolgate review block s --all');
  });

  it('names what was picked, with its kind, and stays short', () => {
    const some = [tool('x'), tool('y', { kind: 'prompt' }), tool('', { kind: 'instructions' })];
    expect(cliOf('approve', 's', some, false)).toBe(
      'toolgate review approve s x prompt:y instructions',
    );
    expect(cliOf('block', 's', [...some, ...some], false)).toBe('toolgate review block s NAME…');
  });
});
