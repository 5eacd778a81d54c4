import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TimerHeap } from '../../../../local/batch/virtual/timer-heap.ts';
import { createVirtualClock } from '../../../../local/batch/virtual/virtual-clock.ts';

function standing(automatic = false) {
  const errors: unknown[] = [];
  const settings = { automatic, quietMilliseconds: 0 };
  const onError = (error: unknown): void => void errors.push(error);
  return { clock: createVirtualClock({ after: 0, onError, settings }), errors, settings };
}

test('timers come by their time, those of one time as they were started, cancelled ones never', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ at: fc.nat(20), cancelled: fc.boolean() }), { maxLength: 60 }),
      (given) => {
        const heap = new TimerHeap();
        const timers = given.map(({ at, cancelled }, order) => ({
          at,
          order,
          cancelled,
          limit: false,
          callback: () => undefined,
        }));
        for (const timer of timers) heap.add(timer);
        const taken = [];
        for (let next = heap.takeDue(Infinity); next; next = heap.takeDue(Infinity)) {
          taken.push(next);
        }
        const expected = timers
          .filter(({ cancelled }) => !cancelled)
          .toSorted((a, b) => a.at - b.at || a.order - b.order);
        expect(taken).toEqual(expected);
      },
    ),
  );
});

describe('moved by hand', () => {
  test('what is due happens at its time, and what it begins has settled', async () => {
    const { clock } = standing();
    const start = clock.now();
    const seen: [string, number][] = [];
    const note = (name: string): void => void seen.push([name, clock.now() - start]);
    clock.startTimer(2000, () => note('b'));
    clock.startTimer(1000, async () => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      note('a');
      clock.startTimer(500, () => note('a2'));
    });
    clock.startLimit(2500, () => note('limit'));
    clock.startTimer(4000, () => note('late'));
    const cancel = clock.startTimer(100, () => note('cancelled'));
    cancel();
    await clock.advance(3000);
    expect(seen).toEqual([
      ['a', 1000],
      ['a2', 1500],
      ['b', 2000],
      ['limit', 2500],
    ]);
    expect(clock.now() - start).toBe(3000);
  });

  test('it stands still while work is held', async () => {
    const { clock } = standing();
    const work = Promise.withResolvers<void>();
    void clock.hold(work.promise);
    let moved = false;
    const advanced = clock.advance(1000).then(() => (moved = true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(moved).toBe(false);
    work.resolve();
    await advanced;
  });

  test('what a callback throws is told, and the others go on', async () => {
    const { clock, errors } = standing();
    const seen: string[] = [];
    clock.startTimer(1, () => {
      throw new Error('sync');
    });
    clock.startTimer(1, () => Promise.reject(new Error('async')));
    clock.startTimer(1, () => void seen.push('on'));
    await clock.advance(1);
    expect(errors.map(String)).toEqual(['Error: sync', 'Error: async']);
    expect(seen).toEqual(['on']);
  });

  test('stamps grow though time stands still', () => {
    const { clock } = standing();
    expect(clock.stamp()).toBeLessThan(clock.stamp());
  });
});

describe('automatic', () => {
  test('it goes on while something is under way, past limits, but not for their sake', async () => {
    const { clock } = standing(true);
    const start = clock.now();
    const limits: number[] = [];
    clock.startLimit(1000, () => void limits.push(clock.now() - start));
    clock.startLimit(86_400_000, () => void limits.push(clock.now() - start));
    await new Promise<void>((resolve) => clock.startTimer(3_600_000, resolve));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(clock.now() - start).toBe(3_600_000);
    expect(limits).toEqual([1000]);
  });

  test('it goes on when it becomes automatic', async () => {
    const { clock, settings } = standing();
    const done = new Promise<void>((resolve) => clock.startTimer(1000, resolve));
    settings.automatic = true;
    clock.reconsider();
    await done;
    expect(clock.now()).toBeGreaterThan(0);
  });

  test('it waits for quiet after a request', async () => {
    const { clock, settings } = standing();
    settings.quietMilliseconds = 100;
    settings.automatic = true;
    clock.touch();
    const began = performance.now();
    await new Promise<void>((resolve) => clock.startTimer(1000, resolve));
    expect(performance.now() - began).toBeGreaterThan(90);
  });
});
