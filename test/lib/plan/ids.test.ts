import { expect, test } from 'vitest';
import { isJobOf, jobName, jobNumbers } from '../../../lib/plan/ids.ts';

test.each([1, 2, 10])('the jobs of generation %i are those of no other', (generation) => {
  const { first, last } = jobNumbers(generation);
  const isOurs = (number: number): boolean => isJobOf(jobName('run', number), 'run', generation);
  expect([first - 1, first, last, last + 1].map(isOurs)).toEqual([false, true, true, false]);
  expect(jobNumbers(generation + 1).first).toBe(last + 1);
});
