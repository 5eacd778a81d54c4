import { expect, test } from 'vitest';
import { params as schema } from '../../../lib/plan/fields/params.ts';
import { resolveParams } from '../../../lib/plan/params.ts';
import { clash, variableName, variables } from '../../../lib/plan/variables.ts';

const SPECS = schema.parse({
  n: { type: 'integer', default: 5, min: 1, max: 9 },
  rate: { type: 'number', default: 0.5 },
  mode: { type: 'string', default: 'fast', enum: ['fast', 'slow'] },
  tag: { type: 'string', default: 'ab', pattern: '[a-z]+', max: 3 },
  dry: { type: 'boolean', default: false },
});

test('what is not given has its default', () => {
  expect(resolveParams(SPECS, { n: 2 })).toEqual({
    values: { n: 2, rate: 0.5, mode: 'fast', tag: 'ab', dry: false },
    faults: [],
  });
});

test.each([
  [{ n: '5' }, `'n' must be an integer of at least 1 and at most 9; it is "5".`],
  [{ n: 0 }, "'n' must be an integer of at least 1 and at most 9; it is 0."],
  [{ rate: true }, "'rate' must be a number; it is true."],
  [{ mode: 'mid' }, `'mode' must be text, one of "fast", "slow"; it is "mid".`],
  [
    { tag: 'aB' },
    `'tag' must be text of at most 3 characters, all of it matching [a-z]+; it is "aB".`,
  ],
  [{ tag: 'abcd' }, `it is "abcd".`],
  [{ dry: 1 }, "'dry' must be true or false; it is 1."],
  [{ N: 1 }, "There is no parameter 'N'; the pipeline has n, rate, mode, tag, dry."],
])('%j is refused', (given, fault) => {
  expect(resolveParams(SPECS, given).faults).toEqual([expect.stringContaining(fault)]);
});

test('names become variables of upper-case ASCII, and names that become the same one clash', () => {
  expect(variables({ 'not-before': 1, Ä: true })).toEqual({
    PARAM_NOT_BEFORE: '1',
    PARAM__: 'true',
  });
  expect(variableName('a b')).toBe('PARAM_A_B');
  const named = (...names: string[]) => names.map((name) => ({ name, of: 'field' }));
  expect(clash(named('a', 'b'))).toBeNull();
  expect(clash(named('a-b', 'c', 'A_B'))).toEqual(named('a-b', 'A_B'));
});
