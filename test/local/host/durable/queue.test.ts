import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createQueue } from '../../../../local/host/durable/engine/queue.ts';

it('gives back what it was given, in order, however pushes and shifts mix', () => {
  const steps = fc.array(fc.option(fc.integer(), { nil: undefined }));
  const likeAnArray = fc.property(steps, (each) => {
    const [queue, array] = [createQueue<number>(), [] as number[]];
    for (const step of each) {
      if (step === undefined) expect(queue.shift()).toBe(array.shift());
      else [queue, array].forEach((one) => one.push(step));
    }
  });
  expect(() => fc.assert(likeAnArray)).not.toThrow();
});

it('is quick however much waits in it', () => {
  const queue = createQueue<number>();
  const began = performance.now();
  for (let item = 0; item < 500_000; item += 1) queue.push(item);
  let inOrder = true;
  for (let item = 0; item < 500_000; item += 1) inOrder &&= queue.shift() === item;
  expect(inOrder).toBe(true);
  expect(queue.shift()).toBeUndefined();
  // An array takes minutes for it.
  expect(performance.now() - began).toBeLessThan(20_000);
});
