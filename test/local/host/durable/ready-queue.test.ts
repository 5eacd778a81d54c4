import { expect, it } from 'vitest';
import { createReadyQueue } from '../../../../local/host/durable/engine/ready-queue.ts';
import { eventually } from '../support/running-host.ts';

it('an instance runs one episode at a time, and again when it was woken meanwhile', async () => {
  const endings: (() => void)[] = [];
  const queue = createReadyQueue({
    run: () => new Promise<void>((resolve) => endings.push(resolve)),
    delayOf: () => 0,
  });
  queue.wake('a');
  queue.wake('a');
  await eventually(
    () => endings.length,
    (count) => count === 1,
  );
  queue.wake('a');
  await new Promise((resolve) => setImmediate(resolve));
  expect(endings).toHaveLength(1);
  endings[0]!();
  await eventually(
    () => endings.length,
    (count) => count === 2,
  );
  endings[1]!();
  await queue.close();
  expect(endings).toHaveLength(2);
});

it('instances run beside each other', async () => {
  const seen: string[] = [];
  const queue = createReadyQueue({
    async run(id) {
      seen.push(`${id} starts`);
      await Promise.resolve();
      seen.push(`${id} ends`);
    },
    delayOf: () => 0,
  });
  queue.wake('a');
  queue.wake('b');
  await eventually(
    () => seen.length,
    (count) => count === 4,
  );
  expect(seen).toEqual(['a starts', 'b starts', 'a ends', 'b ends']);
});

it('nothing runs after it was closed', async () => {
  let runs = 0;
  const queue = createReadyQueue({ run: async () => void (runs += 1), delayOf: () => 0 });
  queue.wake('a');
  await queue.close();
  await new Promise((resolve) => setImmediate(resolve));
  expect(runs).toBe(0);
});
