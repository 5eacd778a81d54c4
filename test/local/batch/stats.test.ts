import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../../local/batch/time/duration.ts';
import {
  addPoolAndJob,
  completedTasks,
  poolOf,
  startBatch,
  until,
  type TestBatch,
} from './emulator.ts';

let batch: TestBatch;
const expand = { expand: 'stats' };

beforeEach(async () => {
  batch = await startBatch({ delays: { allocation: 0, creating: 0, starting: 0 } });
});

afterEach(() => batch.close());

const shell = (script: string): string => `/bin/bash -c '${script}'`;

test('statistics of a job count its tasks, retries and their time, when asked for', async () => {
  const { client } = batch;
  await addPoolAndJob(client, 'a');
  await client.task.add('a', { id: 'good', commandLine: shell('sleep 0.3') });
  await client.task.add('a', {
    id: 'bad',
    commandLine: shell('exit 1'),
    constraints: { maxTaskRetryCount: 2 },
  });
  await completedTasks(client, 'a');
  const { stats } = await client.job.get('a', { jobGetOptions: expand });
  expect(stats).toMatchObject({ numSucceededTasks: 1, numFailedTasks: 1, numTaskRetries: 2 });
  expect(stats).toMatchObject({ readIOps: 0, writeIOps: 0 });
  expect(milliseconds(stats?.wallClockTime)).toBeGreaterThanOrEqual(300);
  expect(milliseconds(stats?.userCPUTime)).toBe(0);
  const [listed] = await client.job.list({ jobListOptions: expand });
  expect(listed?.stats).toMatchObject({ numSucceededTasks: 1, numTaskRetries: 2 });
  expect(await client.job.get('a')).not.toHaveProperty('stats');
  const selected = await client.job.get('a', { jobGetOptions: { ...expand, select: 'id' } });
  expect(selected).not.toHaveProperty('stats');
});

test('a running task counts in the wall clock time as far as it got', async () => {
  const { client } = batch;
  await addPoolAndJob(client, 'a');
  await client.task.add('a', { id: 'long', commandLine: shell('sleep 100') });
  const wallClock = async (): Promise<number> => {
    const { stats } = await client.job.get('a', { jobGetOptions: expand });
    return milliseconds(stats?.wallClockTime);
  };
  await until(async () => (await wallClock()) > 50);
  expect(await wallClock()).toBeLessThan(100_000);
});

test('statistics of a pool keep the core time of dedicated nodes that are gone', async () => {
  const { client } = batch;
  await addPoolAndJob(client, 'a');
  const coreTime = async (): Promise<number> => {
    const { stats } = await client.pool.get('a', { poolGetOptions: expand });
    return milliseconds(stats?.usageStats?.dedicatedCoreTime);
  };
  await until(async () => (await coreTime()) > 0);
  await client.pool.resize('a', { targetDedicatedNodes: 0 });
  await until(async () => (await client.computeNode.list('a')).length === 0);
  const kept = await coreTime();
  expect(kept).toBeGreaterThan(0);
  expect(await coreTime()).toBe(kept);
  const [listed] = await client.pool.list({ poolListOptions: expand });
  expect(listed?.stats?.resourceStats).toMatchObject({ avgCPUPercentage: 0, diskReadIOps: 0 });
  expect(await client.pool.get('a')).not.toHaveProperty('stats');
});

test('statistics of a job schedule are those of its jobs', async () => {
  const { client } = batch;
  await client.pool.add(poolOf('p'));
  await client.jobSchedule.add({
    id: 's',
    schedule: {},
    jobSpecification: {
      poolInfo: { poolId: 'p' },
      jobManagerTask: { id: 'manager', commandLine: shell('exit 0') },
    },
  });
  await until(async () => {
    const { stats } = await client.jobSchedule.get('s', { jobScheduleGetOptions: expand });
    return stats?.numSucceededTasks === 1;
  });
  const [listed] = await client.jobSchedule.list({ jobScheduleListOptions: expand });
  expect(listed?.stats).toMatchObject({ numSucceededTasks: 1, numFailedTasks: 0 });
  const [job] = await client.job.listFromJobSchedule('s', {
    jobListFromJobScheduleOptions: expand,
  });
  expect(job?.stats).toMatchObject({ numSucceededTasks: 1 });
  expect(await client.jobSchedule.get('s')).not.toHaveProperty('stats');
});

test.each([
  [0, 'PT0S'],
  [1_500_000, 'PT1.5S'],
  [86_400_000_000, 'P1D'],
  [90_061_000_001, 'P1DT1H1M1.000001S'],
  [3_600_000_000, 'PT1H'],
  [1000, 'PT0.001S'],
])('%d microseconds are written %s', (microseconds, text) => {
  expect(formatDuration(microseconds)).toBe(text);
  expect(parseDuration(text)).toBeCloseTo(microseconds / 1000, 6);
});

function milliseconds(text: unknown): number {
  const read = parseDuration(String(text));
  if (read === undefined) throw new Error(`${String(text)} is no duration.`);
  return read;
}
