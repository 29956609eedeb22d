import { describe, expect, it } from 'vitest';
import { fileName } from './save';

describe('the name of a file to save', () => {
  it.each([
    ['attachment; filename="calls.csv"', 'calls.csv'],
    ['attachment; filename=calls.csv; size=3', 'calls.csv'],
    ['attachment; filename="../../etc/calls.csv"', 'calls.csv'],
    ['attachment', null],
    ['attachment; filename=""', null],
    [null, null],
  ])('%s', (header, name) => {
    expect(fileName(header)).toBe(name);
  });
});
