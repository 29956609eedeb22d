import { describe, expect, it } from 'vitest';
import { callTwin } from './twin';
import {
  blank,
  readJson,
  readNumber,
  start,
  Typed,
  withField,
  withItem,
  withoutItem,
} from './value';

describe('start', () => {
  it('holds what is required and known, and nothing else', () => {
    const schema = {
      type: 'object',
      required: ['kind', 'limit', 'tags', 'where', 'title', 'note'],
      properties: {
        kind: { const: 'issue' },
        limit: { type: 'integer', default: 10 },
        tags: { type: 'array', items: { type: 'string' } },
        where: { type: 'object', required: ['state'], properties: { state: { enum: ['open'] } } },
        title: { type: 'string' },
        note: { type: ['string', 'null'] },
        other: { type: 'integer', default: 3 },
      },
    };
    expect(start(schema, schema, true)).toEqual({
      kind: 'issue',
      limit: 10,
      tags: [],
      where: { state: 'open' },
      note: null,
    });
  });

  it('ends in schemas that require themselves', () => {
    const schema = { type: 'object', required: ['a'], properties: { a: { $ref: '#' } } };
    expect(JSON.stringify(start(schema, schema, true)).length).toBeLessThan(200);
  });

  it('never hands out the schema’s own default', () => {
    const schema = { default: { a: [] as number[] } };
    const value = blank(schema, schema) as { a: number[] };
    value.a.push(1);
    expect(schema.default.a).toEqual([]);
  });
});

describe('changes', () => {
  it('leave what was there as it was', () => {
    const before = { a: 1, b: 2 };
    expect(withField(before, 'a', 3)).toEqual({ a: 3, b: 2 });
    expect(withField(before, 'a', undefined)).toEqual({ b: 2 });
    expect(withField(undefined, 'a', 1)).toEqual({ a: 1 });
    expect(before).toEqual({ a: 1, b: 2 });
    expect(withItem([1, 2], 1, 5)).toEqual([1, 5]);
    expect(withoutItem([1, 2, 3], 1)).toEqual([1, 3]);
  });
});

describe('reading', () => {
  it.each([
    ['42', 42],
    [' -1.5e3 ', -1500],
    ['.5', 0.5],
    ['', undefined],
    ['1e999', new Typed('1e999')],
    ['0x10', new Typed('0x10')],
    ['12a', new Typed('12a')],
  ])('the number %j', (text, expected) => {
    expect(readNumber(text)).toEqual(expected);
  });

  it('JSON, keeping what is none yet', () => {
    expect(readJson('{"a": [1]}')).toEqual({ a: [1] });
    expect(readJson('{"a":')).toEqual(new Typed('{"a":'));
    expect(readJson('  ')).toBeUndefined();
  });
});

describe('callTwin', () => {
  const schema = { properties: { title: { type: 'string' }, n: { type: 'integer' }, any: {} } };

  it.each([
    [{}, 'toolgate tools call s__t'],
    [{ title: '42', n: 4 }, 'toolgate tools call s__t title=42 n=4'],
    [{ title: "it's" }, `toolgate tools call s__t 'title=it'\\''s'`],
    [{ any: '42' }, `toolgate tools call s__t 'any="42"'`],
    [{ any: 'text' }, 'toolgate tools call s__t any=text'],
    [{ any: [1] }, `toolgate tools call s__t 'any=[1]'`],
    [{ 'a=b': 1 }, `toolgate tools call s__t --args '{"a=b":1}'`],
    [{ '-x': 1 }, `toolgate tools call s__t --args '{"-x":1}'`],
  ])('%j', (args, expected) => {
    expect(callTwin('s__t', args, schema)).toBe(expected);
  });
});
