import { describe, expect, it } from 'vitest';
import { fieldsOf, resolve, shapeOf } from './shape';

const kind = (schema: unknown, root = {}): string => shapeOf(schema, root).kind;

describe('shapeOf', () => {
  it.each([
    [{ type: 'string' }, 'text'],
    [{ type: 'integer' }, 'number'],
    [{ type: 'number' }, 'number'],
    [{ type: 'boolean' }, 'boolean'],
    [{ enum: ['a', 'b'] }, 'options'],
    [{ const: 1 }, 'options'],
    [{ type: 'array', items: { type: 'string' } }, 'list'],
    [{ type: 'array' }, 'json'],
    [{ type: 'object', properties: { a: {} } }, 'object'],
    [{ properties: { a: {} } }, 'object'],
    [{ type: 'object' }, 'json'],
    [{ type: ['string', 'number'] }, 'choice'],
    [{ oneOf: [{ type: 'string' }, { type: 'object', properties: {} }] }, 'choice'],
    [{}, 'json'],
    [true, 'json'],
    [null, 'json'],
  ])('%j is a field of kind %s', (schema, expected) => {
    expect(kind(schema)).toBe(expected);
  });

  it('sees through what only adds null', () => {
    const either = shapeOf({ anyOf: [{ type: 'string' }, { type: 'null' }], description: 'd' }, {});
    expect([either.kind, either.nullable, either.schema['description']]).toEqual([
      'text',
      true,
      'd',
    ]);
    expect(shapeOf({ type: ['integer', 'null'] }, {})).toMatchObject({
      kind: 'number',
      nullable: true,
    });
  });

  it('makes options of constants with titles', () => {
    const { kind: found, options } = shapeOf(
      {
        oneOf: [
          { const: 'a', title: 'First' },
          { const: 'b', title: 'Second' },
        ],
      },
      {},
    );
    expect(found).toBe('options');
    expect(options).toEqual([
      { label: 'First (a)', value: 'a' },
      { label: 'Second (b)', value: 'b' },
    ]);
  });

  it('takes forms that only say what is required for no choice', () => {
    const schema = {
      type: 'object',
      properties: { a: {}, b: {} },
      anyOf: [{ required: ['a'] }, { required: ['b'] }],
    };
    expect(kind(schema)).toBe('object');
  });

  it('names the forms of a choice by title, fields or type', () => {
    const { branches } = shapeOf(
      {
        anyOf: [
          { title: 'By id', type: 'integer' },
          { properties: { name: {} } },
          { type: 'string' },
        ],
      },
      {},
    );
    expect(branches.map(({ label }) => label)).toEqual(['By id', 'name', 'string']);
  });
});

describe('resolve', () => {
  it('follows references, and what stands beside them wins', () => {
    const root = { $defs: { 'a/b': { type: 'string', description: 'far' } } };
    expect(resolve({ $ref: '#/$defs/a~1b', description: 'near' }, root)).toEqual({
      type: 'string',
      description: 'near',
    });
  });

  it('ends circles and knows nothing of other documents', () => {
    const root = { $defs: { a: { $ref: '#/$defs/a' } } };
    expect(resolve({ $ref: '#/$defs/a' }, root)).toEqual({});
    expect(resolve({ $ref: 'https://example.com/x' }, root)).toEqual({});
    expect(resolve({ $ref: '#/constructor' }, root)).toEqual({});
  });

  it('adds up the fields of allOf', () => {
    const whole = resolve(
      {
        allOf: [
          { properties: { a: {} }, required: ['a'] },
          { properties: { b: {} }, required: ['b'] },
        ],
        properties: { c: {} },
      },
      {},
    );
    expect(Object.keys(whole['properties'] as object).toSorted()).toEqual(['a', 'b', 'c']);
    expect((whole['required'] as string[]).toSorted()).toEqual(['a', 'b']);
  });
});

describe('fieldsOf', () => {
  it('puts what is required first', () => {
    const schema = { properties: { a: {}, b: {}, c: {} }, required: ['c'] };
    expect(fieldsOf(schema).map(({ name }) => name)).toEqual(['c', 'a', 'b']);
  });
});
