import { expect, test } from 'vitest';
import { createLimiter } from '../../../lib/azure/limiter.ts';

/** A limiter with a clock that a test turns, and calls that end when it says so. */
function bench(most: number) {
  let now = 0;
  const limiter = createLimiter(most, () => now);
  const open: (() => void)[] = [];
  return {
    limiter,
    open,
    async call(times: number) {
      for (let n = 0; n < times; n++) {
        void limiter.run(() => new Promise<void>((resolve) => open.push(resolve)));
      }
      await settled();
    },
    async end(times: number) {
      for (const done of open.splice(0, times)) done();
      await settled();
    },
    pass: (ms: number) => void (now += ms),
  };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test('no more calls are under way than the limit, and the next begins when one ends', async () => {
  const { open, call, end } = bench(3);
  await call(5);
  expect(open).toHaveLength(3);
  await end(1);
  expect(open).toHaveLength(3);
  await end(3);
  expect(open).toHaveLength(1);
});

test('a call that fails makes room as well', async () => {
  const { limiter } = bench(1);
  await expect(limiter.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await limiter.run(async () => 'yes')).toBe('yes');
});

test('a burst of refusals halves the calls that may be under way once, and never to none', async () => {
  const { limiter, open, call, pass } = bench(8);
  for (let n = 0; n < 8; n++) limiter.throttled();
  await call(8);
  expect(open).toHaveLength(4);
  for (let n = 0; n < 10; n++) {
    pass(1000);
    limiter.throttled();
  }
  expect(limiter.limit).toBe(1);
});

test('the limit comes back step by step as the service answers, and no further than it was', () => {
  const { limiter, pass } = bench(8);
  limiter.throttled();
  pass(1000);
  limiter.throttled();
  const limits = Array.from({ length: 60 }, () => {
    limiter.answered();
    return limiter.limit;
  });
  expect(limits[0]).toBe(2);
  expect(limits.findIndex((limit) => limit === 8)).toBeGreaterThan(20);
  expect(limits.at(-1)).toBe(8);
  expect(limits).toEqual(limits.toSorted((a, b) => a - b));
});
