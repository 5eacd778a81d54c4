import fc from 'fast-check';
import { expect, test } from 'vitest';
import { coalesced, eachLimited } from '../../../lib/store/concurrency.ts';

test('whoever asks while a run goes on shares the one run after it', async () => {
  const gates: (() => void)[] = [];
  const work = coalesced(async (argument: string) => {
    await new Promise<void>((resolve) => gates.push(resolve));
    return argument;
  });
  const first = work('first');
  await Promise.resolve();
  const second = work('second');
  const third = work('third');
  gates[0]!();
  expect(await first).toBe('first');
  await Promise.resolve();
  expect(gates.length).toBe(2);
  gates[1]!();
  expect(await Promise.all([second, third])).toEqual(['second', 'second']);
});

test('a run that fails fails those who share it, and not the next one', async () => {
  let calls = 0;
  const work = coalesced(async () => {
    if (++calls === 1) throw new Error('no');
    return calls;
  });
  await expect(work(undefined)).rejects.toThrow('no');
  expect(await work(undefined)).toBe(2);
});

test('every answer is of a run that began after it was asked for, and no two runs overlap', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(3), { maxLength: 30 }), async (pauses) => {
      let began = 0;
      let running = 0;
      const work = coalesced(async () => {
        const number = ++began;
        expect(++running).toBe(1);
        await Promise.resolve().then(() => Promise.resolve());
        running--;
        return number;
      });
      const asked = [];
      for (const pause of pauses) {
        const before = began;
        asked.push(work(undefined).then((answer) => expect(answer).toBeGreaterThan(before)));
        for (let turn = 0; turn < pause; turn++) await Promise.resolve();
      }
      await Promise.all(asked);
    }),
  );
});

test('no more than the limit are worked on at once, and all are', async () => {
  let now = 0;
  let most = 0;
  const done: number[] = [];
  await eachLimited(
    Array.from({ length: 20 }, (_, index) => index),
    3,
    async (value) => {
      most = Math.max(most, ++now);
      await Promise.resolve();
      now--;
      done.push(value);
    },
  );
  expect({ most, done: done.toSorted((a, b) => a - b) }).toEqual({
    most: 3,
    done: Array.from({ length: 20 }, (_, index) => index),
  });
});
