import { expect, it } from 'vitest';
import { faults } from './verdict.ts';

const once = new Map([['a', 1]]);
const none = new Map<string, number>();

it.each([
  ['ran once, no kill', [], 1, 0],
  ['never ran', [], 0, 1],
  ['ran twice, no kill', [], 2, 1],
  ['ran once more after a kill that lost its end', [{ ledger: once, kept: none }], 2, 0],
  ['ran twice more after one kill', [{ ledger: once, kept: none }], 3, 2],
  ['ran again though its end was kept', [{ ledger: once, kept: once }], 2, 1],
])('an activity that %s', (_, deaths, total, expected) => {
  expect(faults(once, deaths, new Map([['a', total]]))).toHaveLength(expected);
});

it('an activity that nobody asked for', () => {
  expect(faults(once, [], new Map([...once, ['b', 1]]))).toEqual([
    'b ran but is no activity of the orchestration',
  ]);
});
