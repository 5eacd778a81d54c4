import { expect, test } from 'vitest';
import { pastKeep, whyOrphan } from '../../../lib/plan/garbage.ts';
import { newestFirst, startOf } from '../../../lib/plan/ids.ts';

const NOW = 1_800_000_000_000;
const DAY = 86_400;
const pool = (expiresAt = NOW + 1) => ({
  kind: 'pool' as const,
  id: 'p',
  owner: { run: 'r', expiresAt },
});

test('a pool is somebody’s while its run is active and its time has not run out', () => {
  expect(whyOrphan(pool(), new Set(['r']), NOW)).toBeNull();
  expect(whyOrphan(pool(), new Set(['other']), NOW)).toContain('has ended');
  expect(whyOrphan(pool(NOW - 1), new Set(['r']), NOW)).toContain('run out');
});

test.each([
  ['nothing is said', {}, { days: 9999 }, null],
  ['runs are kept longer', { runs: 30 * DAY }, { days: 29 }, null],
  ['runs are kept shorter', { runs: 30 * DAY }, { days: 31 }, 'run'],
  ['logs are kept shorter', { logs: 7 * DAY, runs: 30 * DAY }, { days: 8 }, 'logs'],
  ['logs went already', { logs: 7 * DAY, runs: 30 * DAY }, { days: 8, logsGone: true }, null],
  ['both are kept shorter', { logs: 7 * DAY, runs: 30 * DAY }, { days: 31 }, 'run'],
])('when %s, what should go of an old run goes', (_, keep, run, expected) => {
  const { days, logsGone = false } = run as { days: number; logsGone?: boolean };
  expect(pastKeep(keep, { endedAt: NOW - days * DAY * 1000, logsGone }, NOW)).toBe(expected);
});

test('an index entry tells when its run began', () => {
  expect(startOf(newestFirst('a-261124001703-6d4dc3b937d4', new Date(NOW)))).toBe(NOW);
});
