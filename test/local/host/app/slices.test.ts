import { expect, it } from 'vitest';
import { inSlices } from '../../../../local/host/app/slices.ts';

/** Computes for so many milliseconds. */
function compute(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

it('lets the event loop have its turn between items, however many come at once', async () => {
  const seen: string[] = [];
  const done = new Promise<void>((resolve) => {
    const run = inSlices<number>(async (item) => {
      await Promise.resolve();
      compute(10);
      seen.push(`item ${item}`);
      if (item === 5) resolve();
    });
    for (const item of [1, 2, 3, 4, 5]) run(item);
    const other = (): void => {
      seen.push('other');
      if (!seen.includes('item 5')) setImmediate(other);
    };
    setImmediate(other);
  });
  await done;
  const others = seen.slice(0, seen.indexOf('item 5')).filter((each) => each === 'other');
  expect(others.length).toBeGreaterThanOrEqual(3);
  expect(seen.filter((each) => each !== 'other')).toEqual([1, 2, 3, 4, 5].map((n) => `item ${n}`));
});

it('goes on with the next item while one waits for something', async () => {
  const seen: number[] = [];
  let release = (): void => undefined;
  const waits = new Promise<void>((resolve) => (release = resolve));
  const done = new Promise<void>((resolve) => {
    const run = inSlices<number>(async (item) => {
      if (item === 1) await waits;
      seen.push(item);
      if (seen.length === 3) resolve();
      if (item === 3) release();
    });
    for (const item of [1, 2, 3]) run(item);
  });
  await done;
  expect(seen).toEqual([2, 3, 1]);
});

it('takes what comes after everything was done', async () => {
  const seen: number[] = [];
  const run = inSlices<number>(async (item) => void seen.push(item));
  for (const item of [1, 2]) {
    run(item);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await new Promise((resolve) => setImmediate(resolve));
  expect(seen).toEqual([1, 2]);
});
