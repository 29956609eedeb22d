import { describe, expect, it } from 'vitest';
import { check } from './check';
import type { Schema } from './shape';
import { Typed } from './value';

const faults = (value: unknown, schema: Schema): string[] =>
  check(value, schema, schema).map(({ path, fault }) => `${path} ${fault}`);

describe('check', () => {
  it.each<[unknown, Schema, string[]]>([
    ['a', { type: 'string' }, []],
    [1, { type: 'string' }, [' Text']],
    [1.5, { type: 'integer' }, [' Integer']],
    [1, { type: ['string', 'number'] }, []],
    [null, { type: ['string', 'null'] }, []],
    [null, { type: 'string' }, [' Text']],
    ['c', { enum: ['a', 'b'] }, [' Option']],
    [{ a: 1 }, { const: { a: 1 } }, []],
    [0, { minimum: 1 }, [' Min']],
    [1, { exclusiveMinimum: 1 }, [' Above']],
    [3, { maximum: 2 }, [' Max']],
    [2, { exclusiveMaximum: 2 }, [' Below']],
    [0.3, { multipleOf: 0.1 }, []],
    [0.35, { multipleOf: 0.1 }, [' Multiple']],
    [9007199254740993, { type: 'integer' }, [' Exact']],
    ['🦀', { maxLength: 1 }, []],
    ['ab', { maxLength: 1 }, [' Longest']],
    ['', { minLength: 1 }, [' Shortest']],
    ['A', { pattern: '^[a-z]+$' }, [' Pattern']],
    ['A', { pattern: '(' }, []],
    ['tomorrow', { format: 'date' }, [' Format']],
    ['2026-01-31', { format: 'date' }, []],
    ['anything', { format: 'of-somebody' }, []],
    [[], { minItems: 1 }, [' Fewest']],
    [[1, 2], { maxItems: 1 }, [' Most']],
    [[1, 1], { uniqueItems: true }, [' Unique']],
    [['a', 1], { items: { type: 'string' } }, ['/1 Text']],
    [{}, { required: ['a/b'] }, ['/a~1b Required']],
    [{ x: 1 }, { additionalProperties: false }, ['/x Unknown']],
    [{ x: 1 }, { additionalProperties: { type: 'string' } }, ['/x Text']],
    [1, { anyOf: [{ type: 'string' }, { type: 'boolean' }] }, [' Forms']],
    [1, { anyOf: [{ type: 'string' }, { type: 'number' }] }, []],
    [new Typed('1.'), { type: 'number' }, [' Number']],
    [new Typed('{'), {}, [' Json']],
  ])('%j against %j', (value, schema, expected) => {
    expect(faults(value, schema)).toEqual(expected);
  });

  it('says what is wrong in the form that is nearly right', () => {
    const schema = {
      oneOf: [
        { type: 'object', required: ['id'], properties: { id: { type: 'integer' } } },
        { type: 'string' },
      ],
    };
    expect(faults({ id: 'x' }, schema)).toEqual(['/id Integer']);
  });

  it('follows values into schemas that contain themselves', () => {
    const schema = { type: 'object', properties: { child: { $ref: '#' }, n: { type: 'number' } } };
    expect(faults({ child: { child: { n: 'x' } } }, schema)).toEqual(['/child/child/n Number']);
  });

  it('ends where forms go in a circle', () => {
    expect(faults(1, { anyOf: [{ $ref: '#' }] })).toEqual([]);
  });
});
