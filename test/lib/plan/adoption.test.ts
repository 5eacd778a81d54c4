import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  abandoned,
  adoptionsInARow,
  careFor,
  type CareQuestion,
  MOST_ADOPTIONS,
} from '../../../lib/plan/adoption.ts';

const NOW = Date.parse('2026-11-25T12:00:00Z');
const MINUTE = 60_000;
const question = (fields: Partial<CareQuestion>): CareQuestion => ({
  record: { epoch: 1, adopted: null, closing: null },
  instance: { status: 'Running', movedAt: NOW - MINUTE },
  begun: true,
  stalledAfter: 15 * MINUTE,
  now: NOW,
  ...fields,
});
const adopted = (count: number, minutesAgo = 1) => ({
  at: new Date(NOW - minutesAgo * MINUTE).toISOString(),
  count,
  reason: 'r',
});
const idle = (status: string, minutes: number) => ({
  instance: { status, movedAt: NOW - minutes * MINUTE },
});

test.each([
  ['its instance runs', {}, 'leave'],
  ['its instance waits to be started by the platform', idle('Pending', 1), 'leave'],
  ['its instance never came', { instance: null, begun: false }, 'start'],
  ['its instance is gone', { instance: null }, 'adopt'],
  ['its instance failed', idle('Failed', 0), 'adopt'],
  ['its instance was terminated', idle('Terminated', 0), 'adopt'],
  ['its instance was cancelled', idle('Canceled', 0), 'adopt'],
  ['its instance says that all is done, though it is not', idle('Completed', 0), 'adopt'],
  ['its instance was suspended a moment ago', idle('Suspended', 1), 'leave'],
  ['its instance has been suspended for long', idle('Suspended', 16), 'adopt'],
  ['its instance has not moved for long', idle('Running', 16), 'adopt'],
  ['its instance has been pending for long', idle('Pending', 16), 'adopt'],
  [
    'adoption failed time after time',
    { ...idle('Failed', 0), record: { epoch: 6, adopted: adopted(MOST_ADOPTIONS), closing: null } },
    'tearDown',
  ],
  [
    'its last adoption helped for a while',
    {
      ...idle('Failed', 0),
      record: { epoch: 6, adopted: adopted(MOST_ADOPTIONS, 61), closing: null },
    },
    'adopt',
  ],
  [
    'its tear-down was cut off',
    {
      instance: null,
      begun: false,
      record: { epoch: 7, adopted: adopted(6), closing: { job: 'j', error: abandoned('r') } },
    },
    'tearDown',
  ],
] as const)('when %s, a run is treated as it should', (_, fields, expected) => {
  expect(careFor(question(fields)).do).toBe(expected);
});

test('the reason says what the instance is and how long it has not moved', () => {
  expect(careFor(question(idle('Running', 20)))).toMatchObject({
    reason: 'its durable instance is Running but has not moved for 20 min',
  });
});

test('however a run is lost again and again, it is torn down after a bounded number of adoptions', () => {
  const status = fc.constantFrom('Failed', 'Terminated', 'Completed', null);
  fc.assert(
    fc.property(fc.array(status, { minLength: 20, maxLength: 20 }), (losses) => {
      let now = NOW;
      let last: ReturnType<typeof adopted> | null = null;
      const done: string[] = [];
      for (const loss of losses) {
        now += MINUTE;
        const instance = loss === null ? null : { status: loss, movedAt: now };
        const record = { epoch: 1, adopted: last, closing: null };
        const care = careFor(question({ record, instance, now }));
        done.push(care.do);
        if (care.do === 'tearDown') break;
        const count: number = adoptionsInARow(last, now) + 1;
        last = { at: new Date(now).toISOString(), count, reason: 'r' };
      }
      expect(done).toEqual([...Array<string>(MOST_ADOPTIONS).fill('adopt'), 'tearDown']);
    }),
  );
});
