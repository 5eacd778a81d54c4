import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openIntents } from '../../../local/storage/intents.ts';
import { temporaryFolder } from './support.ts';

const write = { api: 'PutBlob', account: 'a', container: 'c', blob: 'new\nline 😀' } as const;

test('what was begun and not ended is open after a kill', () => {
  const file = `${temporaryFolder()}/writes.db`;
  const killed = openIntents(file, 1);
  const [ended, open] = [killed.begin(write, 'client', 10), killed.begin(write, undefined, 20)];
  killed.end(ended);
  // Not closed, as after kill -9.
  const next = openIntents(file, 2);
  expect(next.open()).toEqual([{ ...open, clientRequestId: undefined }]);
  next.close();
  killed.close();
});

test('sequencers only grow, over restarts and a journal that was made anew', () => {
  const reopens = fc.array(fc.nat({ max: 2_500 }), { maxLength: 4 });
  const grow = (counts: number[]) => {
    const [first, second] = [`${temporaryFolder()}/writes.db`, `${temporaryFolder()}/writes.db`];
    const given: string[] = [];
    for (const [file, now] of [
      [first, 1000],
      [first, 5],
      [second, 1001],
    ] as const) {
      for (const count of counts) {
        const intents = openIntents(file, now);
        for (let n = 0; n < count; n++) given.push(intents.sequencer(intents.next()));
        intents.close();
      }
    }
    expect(given).toEqual(given.toSorted());
    expect(new Set(given).size).toBe(given.length);
  };
  fc.assert(fc.property(reopens, grow), { numRuns: 10 });
});
