import fc from 'fast-check';
import { expect, test } from 'vitest';
import { closeWindow, type Waiting } from '../../../lib/plan/window.ts';

const RULE = { settle: 2, maxWait: 60, maxItems: 3 };
const at = (name: string, seconds: number, sequencer = '1'): Waiting => ({
  name,
  sequencer,
  arrivedAt: seconds * 1000,
});

test.each([
  ['nothing waits', [], 10, { take: 0, waitSeconds: null }],
  ['a drop has just come', [at('a', 9)], 10, { take: 0, waitSeconds: 1 }],
  [
    'it has been quiet for the settle time',
    [at('a', 5), at('b', 8)],
    10,
    { take: 2, waitSeconds: 0 },
  ],
  [
    'drops keep coming, but the first has waited long enough',
    [at('a', 0), at('b', 59.5)],
    60,
    { take: 2, waitSeconds: 0 },
  ],
  [
    'drops keep coming until maxWait, which is nearer than quiet',
    [at('a', 0), at('b', 59.5)],
    59.75,
    { take: 0, waitSeconds: 0.25 },
  ],
  [
    'as many wait as a run may have',
    [at('a', 9), at('b', 9), at('c', 10)],
    10,
    { take: 3, waitSeconds: 0 },
  ],
  [
    'more wait than a run may have',
    [at('a', 9), at('b', 9), at('c', 10), at('d', 10)],
    10,
    { take: 3, waitSeconds: 0 },
  ],
] as const)('the window is right when %s', (_, waiting, now, expected) => {
  const verdict = closeWindow(waiting, RULE, now * 1000);
  expect({ take: verdict.take.length, waitSeconds: verdict.waitSeconds }).toEqual(expected);
});

test('with a settle time of zero a drop is taken at once', () => {
  expect(closeWindow([at('a', 10)], { ...RULE, settle: 0 }, 10_000).take).toHaveLength(1);
});

test('only the newest version of a blob is taken, whichever came first', () => {
  const older = at('a', 3, '00000000000000000000000000000001');
  const newer = at('a', 2, '00000000000000000000000000000002');
  expect(closeWindow([older, newer], RULE, 10_000)).toMatchObject({
    take: [newer],
    superseded: [older],
  });
  expect(closeWindow([newer, older], RULE, 10_000)).toMatchObject({
    take: [newer],
    superseded: [older],
  });
});

test('every drop is taken, superseded or left waiting, and none twice', () => {
  const drop = fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    sequencer: fc.integer({ min: 1, max: 9 }).map(String),
    arrivedAt: fc.integer({ min: 0, max: 100_000 }),
  });
  fc.assert(
    fc.property(fc.array(drop), fc.integer({ min: 0, max: 200_000 }), (waiting, now) => {
      const { take, superseded, waitSeconds } = closeWindow(waiting, RULE, now);
      const told = new Set([...take, ...superseded]);
      expect(told.size).toBe(take.length + superseded.length);
      const left = waiting.filter((one) => !told.has(one));
      const versions = [...take, ...left].map(({ name }) => name);
      expect(new Set(versions).size).toBe(versions.length);
      expect(take.length).toBeLessThanOrEqual(RULE.maxItems);
      if (take.length === 0 && left.length > 0) expect(waitSeconds).toBeGreaterThan(0);
    }),
  );
});
