import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decide,
  type Decision,
  type ScheduleState,
} from '../../../local/batch/job-schedule/decide.ts';

const minute = 60_000_000;
const milliseconds = 60_000;

const idle: ScheduleState = { schedule: {}, nextRun: 0, jobs: 0, busy: false };
const each10 = { recurrenceInterval: 10 * milliseconds };

describe('a job schedule', () => {
  test.each<[string, ScheduleState, number, Decision]>([
    [
      'waits until its time',
      { ...idle, nextRun: 5 * minute },
      0,
      { kind: 'wait', until: 5 * minute },
    ],
    ['makes its only job', idle, 0, { kind: 'create', nextRun: undefined }],
    ['is complete after it', { ...idle, nextRun: undefined }, 0, { kind: 'complete' }],
    ['waits for it to end', { ...idle, nextRun: undefined, busy: true }, 0, { kind: 'waitForJob' }],
    [
      'makes the next one',
      { ...idle, schedule: each10 },
      minute,
      { kind: 'create', nextRun: 10 * minute },
    ],
    [
      'makes one for many that were missed',
      { ...idle, schedule: each10 },
      35 * minute,
      { kind: 'create', nextRun: 40 * minute },
    ],
    [
      'waits for the one before',
      { ...idle, schedule: each10, busy: true },
      minute,
      { kind: 'waitForJob' },
    ],
    [
      'skips what is too late',
      { ...idle, schedule: { ...each10, startWindow: milliseconds } },
      2 * minute,
      { kind: 'skip', nextRun: 10 * minute },
    ],
    [
      'gives up an only job that is too late',
      { ...idle, schedule: { startWindow: milliseconds } },
      2 * minute,
      { kind: 'complete' },
    ],
    [
      'is over after its last time',
      { ...idle, schedule: { ...each10, doNotRunAfter: 5 * minute }, nextRun: 10 * minute },
      6 * minute,
      { kind: 'complete' },
    ],
    [
      'looks again at its last time',
      { ...idle, schedule: { ...each10, doNotRunAfter: 5 * minute }, nextRun: 10 * minute },
      minute,
      { kind: 'wait', until: 5 * minute },
    ],
  ])('%s', (_, state, now, decision) => {
    expect(decide(state, now)).toEqual(decision);
  });

  test('makes at most one job an interval and never two at once, whatever happens', () => {
    const events = fc.array(
      fc.record({ pass: fc.integer({ min: 0, max: 40 }), end: fc.boolean() }),
      { maxLength: 60 },
    );
    const schedules = fc.record(
      {
        recurrenceInterval: fc
          .integer({ min: 1, max: 20 })
          .map((minutes) => minutes * milliseconds),
        startWindow: fc.integer({ min: 1, max: 20 }).map((minutes) => minutes * milliseconds),
        doNotRunAfter: fc.integer({ min: 0, max: 500 }).map((minutes) => minutes * minute),
      },
      { requiredKeys: ['recurrenceInterval'] },
    );
    fc.assert(
      fc.property(schedules, events, (schedule, steps) => {
        const state: ScheduleState = { schedule, nextRun: 0, jobs: 0, busy: false };
        const interval = schedule.recurrenceInterval * 1000;
        const made = new Set<number>();
        let now = 0;
        for (const { pass, end } of steps) {
          now += pass * minute;
          if (end) state.busy = false;
          for (let rounds = 0; rounds < 5; rounds++) {
            const decision = decide(state, now);
            if (decision.kind === 'create') {
              expect(state.busy).toBe(false);
              const slot = Math.floor(now / interval);
              expect(made.has(slot)).toBe(false);
              made.add(slot);
              state.busy = true;
              state.nextRun = decision.nextRun;
            } else if (decision.kind === 'skip') {
              expect(decision.nextRun).toBeGreaterThan(now);
              state.nextRun = decision.nextRun;
            } else if (decision.kind === 'wait') {
              expect(decision.until).toBeGreaterThan(now);
              break;
            } else {
              break;
            }
            expect(rounds).toBeLessThan(4);
          }
        }
      }),
    );
  });
});
