import { expect, test } from 'vitest';
import { looksDone, nextDelay, type Pace, type TaskCounts } from '../../../lib/plan/poll.ts';

/** Plays a job of `total` tasks that completes `rate` tasks a second; how often it was looked at, and how late it was seen. */
function play(total: number, rate: number): { looks: number; late: number } {
  let pace: Pace | null = null;
  let now = 0;
  for (let looks = 1; ; looks++) {
    const completed = Math.min(total, Math.floor(now * rate));
    const counts: TaskCounts = { active: total - completed, running: 0, completed, failed: 0 };
    if (looksDone(counts)) return { looks, late: now - total / rate };
    pace = { delay: nextDelay(pace, counts), completed };
    now += pace.delay;
  }
}

test('a day of watching costs about one look a minute', () => {
  const day = 86_400;
  const { looks } = play(day, 1);
  expect(looks).toBeLessThan(14 + day / 60 + 20);
});

test.each([
  [1000, 1000],
  [1000, 100],
  [10_000, 500],
])('the end of %i tasks at %i a second is seen within 5 s', (total, rate) => {
  expect(play(total, rate).late).toBeLessThan(5);
});

test('a job that stands still is looked at less and less, but at least each minute', () => {
  let pace: Pace = { delay: 0.5, completed: 5 };
  for (let turn = 0; turn < 30; turn++) {
    const delay = nextDelay(pace, { active: 9, running: 1, completed: 5, failed: 0 });
    expect(delay).toBeGreaterThanOrEqual(pace.delay);
    pace = { delay, completed: 5 };
  }
  expect(pace.delay).toBe(60);
});
