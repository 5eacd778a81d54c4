import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createThrottle } from '../../../../local/host/http/throttle.ts';

it('runs no more than allowed at once, in order, and refuses what is too much', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        concurrent: fc.integer({ min: 1, max: 5 }),
        outstanding: fc.integer({ min: 1, max: 10 }),
        count: fc.integer({ min: 1, max: 20 }),
      }),
      async ({ concurrent, outstanding, count }) => {
        const throttle = createThrottle({ concurrent, outstanding });
        const order: number[] = [];
        let running = 0;
        let most = 0;
        const results = await Promise.all(
          Array.from({ length: count }, (_, index) =>
            throttle.run(async () => {
              order.push(index);
              most = Math.max(most, ++running);
              await new Promise((resolve) => setImmediate(resolve));
              running -= 1;
              if (index % 3 === 0) throw new Error('a handler failed');
            }),
          ).map((result) => result.catch(() => true)),
        );
        const allowed = Math.min(outstanding, count);
        expect(results.filter((ran) => ran)).toHaveLength(allowed);
        expect(order).toEqual(Array.from({ length: allowed }, (_, index) => index));
        expect(most).toBe(Math.min(concurrent, allowed));
        expect(await throttle.run(async () => undefined)).toBe(true);
      },
    ),
  );
});
