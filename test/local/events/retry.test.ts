import fc from 'fast-check';
import { expect, test } from 'vitest';
import { counts, judge, RETRY_WAITS_MS, type Outcome } from '../../../local/events/retry.ts';

const fresh = { attempts: 1, publishedAt: 0, now: 0 };

test.each([200, 201, 202, 203, 204])('status %i delivers', (status) => {
  expect(judge({ status }, fresh)).toEqual({ deliveredAt: 0 });
});

test.each([
  [400, 'UndeliverableDueToHttpBadRequest'],
  [401, 'UndeliverableDueToHttpUnauthorized'],
  [403, 'UndeliverableDueToHttpForbidden'],
  [413, 'UndeliverableDueToHttpRequestEntityTooLarge'],
])('status %i is final', (status, deadLetter) => {
  expect(judge({ status }, fresh)).toEqual({ deadLetter });
});

test.each<[Outcome]>([
  [{ status: 205 }],
  [{ status: 302 }],
  [{ status: 404 }],
  [{ status: 429 }],
  [{ status: 500 }],
  [{ failure: 'TimedOut' }],
  [{ failure: 'Broken' }],
])('%j is tried again, later each time', (outcome) => {
  const waits = Array.from({ length: 12 }, (_, n) => judge(outcome, { ...fresh, attempts: n + 1 }));
  expect(waits).toEqual(RETRY_WAITS_MS.map((retryAt) => ({ retryAt })));
});

test('an endpoint that is not listening is asked again soon and for a day', () => {
  const outcome = { failure: 'NotListening' } as const;
  expect(counts(outcome)).toBe(false);
  expect(judge(outcome, { attempts: 0, publishedAt: 0, now: 5_000 })).toEqual({ retryAt: 5_250 });
  const tomorrow = { attempts: 0, publishedAt: 0, now: 86_400_000 };
  expect(judge(outcome, tomorrow)).toEqual({ deadLetter: 'TimeToLiveExceeded' });
});

test('nothing is tried more than 30 times or after a day', () => {
  const attempts = fc.integer({ min: 1, max: 40 });
  const now = fc.integer({ min: 0, max: 2 * 86_400_000 });
  const isBounded = (attempts: number, now: number) => {
    const verdict = judge({ status: 500 }, { attempts, publishedAt: 0, now });
    if ('retryAt' in verdict) {
      expect(attempts).toBeLessThan(30);
      expect(verdict.retryAt).toBeGreaterThan(now);
      expect(verdict.retryAt).toBeLessThanOrEqual(86_400_000);
    } else expect(verdict).toHaveProperty('deadLetter');
  };
  fc.assert(fc.property(attempts, now, isBounded));
});
