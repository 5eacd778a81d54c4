import { expect, test } from 'vitest';
import { createLimiter } from '../../../lib/azure/limiter.ts';
import {
  delaySeconds,
  type Fault,
  isPassing,
  retryAfterSeconds,
  withRetry,
} from '../../../lib/azure/retry.ts';

const service = (read: () => Fault | null) => ({ read, limiter: createLimiter(4) });

const fault = (fields: Partial<Fault>): Fault => ({
  service: 'Batch',
  status: 500,
  code: undefined,
  message: 'm',
  retryAfterSeconds: undefined,
  ...fields,
});

test.each([
  [{ status: 429 }, true],
  [{ status: 503 }, true],
  [{ status: 408 }, true],
  [{ status: undefined, code: 'ECONNREFUSED' }, true],
  [{ status: 400 }, false],
  [{ status: 403 }, false],
  [{ status: 404 }, false],
  [{ status: 409, code: 'JobExists' }, false],
  [{ status: 501 }, false],
])('whether %j may pass: %s', (fields, expected) =>
  expect(isPassing(fault(fields))).toBe(expected),
);

test('delays are spread over all of a span that doubles up to a bound, on top of what Retry-After says', () => {
  expect(delaySeconds(fault({}), 1, 0)).toBe(0);
  expect(delaySeconds(fault({}), 1, 0.5)).toBeCloseTo(0.1);
  expect(delaySeconds(fault({}), 3, 0.5)).toBeCloseTo(0.4);
  expect(delaySeconds(fault({}), 20, 0.999)).toBeLessThanOrEqual(10);
  expect(delaySeconds(fault({ retryAfterSeconds: 7 }), 1, 0)).toBe(7);
  expect(delaySeconds(fault({ retryAfterSeconds: 7 }), 1, 0.5)).toBeCloseTo(7.1);
});

test.each([
  ['3', 3],
  ['Wed, 25 Nov 2026 12:00:05 GMT', 5],
  ['Wed, 25 Nov 2026 11:59:00 GMT', 0],
  ['soon', undefined],
  ['', undefined],
  [undefined, undefined],
])('the header Retry-After: %s means %s seconds', (header, expected) => {
  expect(retryAfterSeconds(header, Date.parse('2026-11-25T12:00:00Z'))).toBe(expected);
});

test('a service that wants to be left alone for minutes is not asked again here', async () => {
  let calls = 0;
  const busy = withRetry(
    async () => Promise.reject(new Error(String(++calls))),
    service(() => fault({ status: 429, retryAfterSeconds: 300 })),
    'Counting',
  );
  await expect(busy).rejects.toMatchObject({
    code: 'BatchUnavailable',
    transient: true,
    retryAfterSeconds: 300,
  });
  expect(calls).toBe(1);
});

test('a passing fault is tried again until it has passed', async () => {
  let calls = 0;
  const answer = await withRetry(
    async () => (++calls < 3 ? Promise.reject(new Error('busy')) : calls),
    service(() => fault({ status: 503, retryAfterSeconds: 0 })),
    'Doing it',
  );
  expect(answer).toBe(3);
});

test('a refusal is told at once, with what was done and what Azure said', async () => {
  let calls = 0;
  const refused = withRetry(
    async () => Promise.reject(new Error(String(++calls))),
    service(() =>
      fault({ status: 409, code: 'PoolExists', message: 'The specified pool already exists.' }),
    ),
    'Adding pool p',
  );
  await expect(refused).rejects.toMatchObject({
    code: 'BatchRefused',
    transient: false,
    message:
      'Adding pool p: Azure Batch answered 409 PoolExists: The specified pool already exists.',
  });
  expect(calls).toBe(1);
});

test('a fault that does not pass is given up on, as one that may pass later', async () => {
  const busy = withRetry(
    async () => Promise.reject(new Error('busy')),
    service(() => fault({ status: 503, code: 'ServerBusy', retryAfterSeconds: 0 })),
    'Counting',
  );
  await expect(busy).rejects.toMatchObject({ code: 'BatchUnavailable', transient: true });
});

test('what is no answer of a service is thrown as it is', async () => {
  const bug = new TypeError('bug');
  await expect(
    withRetry(
      async () => Promise.reject(bug),
      service(() => null),
      'x',
    ),
  ).rejects.toBe(bug);
});
