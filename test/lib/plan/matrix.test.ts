import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Matrix, matrix as schema } from '../../../lib/plan/fields/items.ts';
import { countPoints, matrixFault, points } from '../../../lib/plan/matrix.ts';

const matrix = (value: object): Matrix => schema.parse(value);
const texts = (value: object): string[] =>
  [...points(matrix(value))].map((point) => Object.values(point).join(' '));

test.each<[string, object, string[]]>([
  [
    'a product, the last axis fastest',
    { parameters: { a: [1, 2], b: ['x', 'y'] } },
    ['1 x', '1 y', '2 x', '2 y'],
  ],
  ['a zip', { parameters: { a: [1, 2], b: ['x', 'y'] }, combine: 'zip' }, ['1 x', '2 y']],
  [
    'a range by tenths',
    { parameters: { a: { from: 0, to: 0.5, step: 0.1 } } },
    ['0', '0.1', '0.2', '0.3', '0.4', '0.5'],
  ],
  ['a range downwards', { parameters: { a: { from: 3, to: 1, step: -1 } } }, ['3', '2', '1']],
  ['a range of one', { parameters: { a: { from: 3, to: 3 } } }, ['3']],
  [
    'points left out by a part of them',
    { parameters: { a: [1, 2], b: ['x', 'y'] }, exclude: [{ a: 1 }, { a: 2, b: 'y' }] },
    ['2 x'],
  ],
  [
    'points on top',
    { parameters: { a: [1] }, include: [{ a: 9 }], exclude: [{ a: 9 }] },
    ['1', '9'],
  ],
])('%s', (_, value, expected) => {
  expect(texts(value)).toEqual(expected);
});

test('the number of points is known before any is made, and no point comes twice', () => {
  const axis = fc.oneof(
    fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 5 }),
    fc.record({
      from: fc.integer({ min: -9, max: 9 }),
      to: fc.integer({ min: 10, max: 20 }),
      step: fc.integer({ min: 1, max: 40 }),
    }),
  );
  const axes = fc.dictionary(fc.constantFrom('a', 'b', 'c'), axis, { minKeys: 1 });
  fc.assert(
    fc.property(axes, (parameters) => {
      const made = texts({ parameters });
      expect(made.length).toBe(countPoints(matrix({ parameters })));
      expect(new Set(made).size).toBe(made.length);
    }),
  );
});

test('a million points are counted without being made', () => {
  const huge = matrix({ parameters: { a: { from: 1, to: 1e9 }, b: { from: 1, to: 1e6 } } });
  expect(countPoints(huge)).toBe(1e15);
  expect(points(huge).next().value).toEqual({ a: 1, b: 1 });
});

test.each([
  [{ parameters: { a: [1], b: [1] }, include: [{ a: 1 }] }, 'one lacks b'],
  [{ parameters: { a: [1] }, exclude: [{ c: 1 }] }, 'one names c'],
])('%j is refused', (value, fault) => {
  expect(matrixFault(matrix(value))).toContain(fault);
});
