import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toExecution } from '../../../../local/host/durable/execution.ts';
import { historyEvent, taskFailed } from '../../../../local/host/durable/events.ts';
import {
  afterFailure,
  retryDelay,
  syntheticFailure,
} from '../../../../local/host/durable/retry.ts';
import type { RetryOptions, SdkTask } from '../../../../local/host/durable/sdk.ts';

function task(position: number, options: Partial<RetryOptions>): SdkTask {
  const full = { firstRetryIntervalInMilliseconds: 1000, maxNumberOfAttempts: 3, ...options };
  const ids = Array.from({ length: position }, (_, id) => id);
  return { id: position, retry: { position, action: { actionType: 1 }, options: full, ids } };
}

/** An execution whose attempts 0, 2, … failed at once, with timers 1, 3, … made at `times`. */
function failedAt(times: number[], details: { IsNonRetriable?: boolean } | null = null) {
  const failureDetails = details && { ErrorType: 'E', ErrorMessage: 'm', ...details };
  const failure = { reason: 'r', details: 'd', failureDetails };
  const events = times.flatMap((time, index) => [
    historyEvent('TaskScheduled', time, { EventId: 2 * index, Name: 'a' }),
    taskFailed('TaskFailed', time, { taskId: 2 * index, failure }),
    historyEvent('TimerCreated', time, { EventId: 2 * index + 1 }),
  ]);
  return { execution: toExecution('e', events) };
}

describe('the timer behind a failed attempt', () => {
  it.each<[string, number, Partial<RetryOptions>, number]>([
    ['waits for the first interval', 1, {}, 6000],
    ['waits longer by the coefficient', 3, { backoffCoefficient: 3, maxNumberOfAttempts: 9 }, 8000],
    [
      'waits no longer than the longest interval',
      3,
      { backoffCoefficient: 3, maxNumberOfAttempts: 9, maxRetryIntervalInMilliseconds: 1500 },
      6500,
    ],
    ['is due at once after the last attempt', 5, {}, 5000],
    ['is due at once when the timeout has passed', 1, { retryTimeoutInMilliseconds: 4000 }, 5000],
    ['waits while the timeout has not passed', 1, { retryTimeoutInMilliseconds: 6000 }, 6000],
  ])('%s', (_title, position, options, fireAt) => {
    const situation = { ...failedAt([0, 0, 0]), now: 5000 };
    expect(afterFailure(situation, task(position, options))).toBe(fireAt);
  });

  it('is due at once when the error is not retriable', () => {
    const situation = { ...failedAt([0], { IsNonRetriable: true }), now: 5000 };
    expect(afterFailure(situation, task(1, {}))).toBe(5000);
  });

  it('never waits longer than the longest interval', () => {
    fc.assert(
      fc.property(
        fc.record({
          firstRetryIntervalInMilliseconds: fc.integer({ min: 1, max: 1e9 }),
          maxNumberOfAttempts: fc.integer({ min: 1, max: 1000 }),
          backoffCoefficient: fc.double({ min: 1, max: 10, noNaN: true }),
          maxRetryIntervalInMilliseconds: fc.integer({ min: 1, max: 1e9 }),
        }),
        fc.integer({ min: 1, max: 1000 }),
        (options, attempt) => {
          const delay = retryDelay(task(1, options).retry!, attempt);
          expect(delay).toBeLessThanOrEqual(options.maxRetryIntervalInMilliseconds);
          expect(delay).toBeGreaterThan(0);
        },
      ),
    );
  });
});

describe('the next attempt', () => {
  it('runs while the timeout had not passed at the last failure', () => {
    const situation = { ...failedAt([0, 3000]), now: 9000 };
    expect(syntheticFailure(situation, task(4, { retryTimeoutInMilliseconds: 4000 }))).toBe(
      undefined,
    );
  });

  it('fails like the last one without running once the timeout has passed', () => {
    const situation = { ...failedAt([0, 5000]), now: 9000 };
    const failure = syntheticFailure(situation, task(4, { retryTimeoutInMilliseconds: 4000 }));
    expect(failure).toMatchObject({
      reason: 'r',
      details: 'd (Azure would leave this instance Running for ever.)',
    });
  });

  it('is an ordinary run when it is the first', () => {
    expect(syntheticFailure(failedAt([]), task(0, {}))).toBe(undefined);
  });
});
