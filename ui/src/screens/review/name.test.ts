import { describe, expect, it } from 'vitest';
import { nameFlaw } from './name';

describe('nameFlaw', () => {
  it.each([
    ['weather', null],
    ['', 'review.nameMissing'],
    ['github', 'review.nameTaken'],
    ['git\u200bhub', 'review.nameHidden'],
    ['my server', null],
  ])('%j is %s', (name, expected) => {
    expect(nameFlaw(name, ['github'])).toBe(expected);
  });
});
