import { expect, test } from 'vitest';
import { breaksCircuit, judgeCapacity, noRoom } from '../../../lib/plan/capacity.ts';
import { nextPace, type Pace, shouldTendPool } from '../../../lib/plan/poll.ts';

const SIZE = 'Standard_D2as_v5';
const pool = (have: number, codes: string[] = [], allocation = 'steady') => ({
  allocation,
  have,
  need: 4,
  errors: codes.map((code) => ({ code, message: `what ${code} means\nRequestId: 1` })),
});

test.each([
  ['all nodes are there', pool(4), 'coming', ''],
  ['Batch is at it', pool(0, [], 'resizing'), 'coming', ''],
  ['the quota is used up', pool(1, ['AccountCoreQuotaReached']), 'lacking', 'core quota'],
  ['the spot quota is used up', pool(0, ['AccountSpotCoreQuotaReached']), 'lacking', 'core quota'],
  ['the region is out of stock', pool(0, ['AllocationFailed']), 'lacking', 'no Standard_D2as_v5'],
  ['allocation took too long', pool(0, ['AllocationTimedout']), 'lacking', 'another vmSize'],
  ['somebody stopped the resize', pool(0, ['ResizeStopped']), 'lacking', 'ResizeStopped'],
  ['a code is unheard of', pool(0, ['Unknown']), 'lacking', 'Unknown'],
  ['nodes went without a word', pool(3), 'lacking', 'taken away'],
  [
    'the size does not fit the image',
    pool(0, ['IncompatibleVMSize']),
    'refused',
    'IncompatibleVMSize',
  ],
] as const)('when %s, that is what is said', (_, state, kind, words) => {
  const verdict = judgeCapacity(state, SIZE);
  expect(verdict.kind).toBe(kind);
  expect('message' in verdict ? verdict.message : '').toContain(words);
  expect(JSON.stringify(verdict)).not.toContain('RequestId');
});

test('too many pools or jobs is told from any other refusal', () => {
  expect(noRoom('PoolQuotaReached')).toContain('pool quota');
  expect(noRoom('ActiveJobAndScheduleQuotaReached')).toContain('active jobs');
  expect(noRoom('PoolExists')).toBeNull();
  expect(noRoom(undefined)).toBeNull();
});

test.each([
  [{ replaced: 0, need: 1, tasksCompleted: 0 }, false],
  [{ replaced: 2, need: 1, tasksCompleted: 0 }, false],
  [{ replaced: 3, need: 1, tasksCompleted: 0 }, true],
  [{ replaced: 9, need: 10, tasksCompleted: 0 }, false],
  [{ replaced: 10, need: 10, tasksCompleted: 0 }, true],
  [{ replaced: 10, need: 10, tasksCompleted: 1 }, false],
  [{ replaced: 30, need: 10, tasksCompleted: 1 }, true],
])('whether %j is enough: %s', (nodes, expected) => expect(breaksCircuit(nodes)).toBe(expected));

const counts = (active: number, completed: number) => ({
  active,
  running: 0,
  completed,
  failed: 0,
});

test('a pool is looked at only when tasks wait and nothing has moved for some looks, and then not each time', () => {
  let pace: Pace | null = null;
  const tended: boolean[] = [];
  for (let look = 0; look < 10; look++) {
    tended.push(shouldTendPool(pace, counts(5, 0)));
    pace = nextPace(pace, counts(5, 0), false);
  }
  expect(tended.filter(Boolean).length).toBe(3);
  expect(tended.indexOf(true)).toBeGreaterThan(1);
  expect(shouldTendPool(pace, counts(0, 0))).toBe(false);
  expect(shouldTendPool(pace, counts(5, 1))).toBe(false);
});

test('a pool in trouble is looked at each time, soon at first and at most once a minute in the end', () => {
  let pace = nextPace({ delay: 60, completed: 0, quiet: 9 }, counts(5, 0), true);
  expect(pace.delay).toBeLessThanOrEqual(2);
  for (let look = 0; look < 20; look++) {
    expect(shouldTendPool(pace, counts(5, 0))).toBe(true);
    pace = nextPace(pace, counts(5, 0), true);
  }
  expect(pace.delay).toBe(60);
});
