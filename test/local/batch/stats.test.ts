import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../../local/batch/time/duration.ts';
import {
  addPoolAndJob,
  clientFor,
  completedTasks,
  poolOf,
  startBatch,
  until,
  type TestBatch,
} from './emulator.ts';
import { spawnBatch } from './process.ts';

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

test('statistics of a task have the time of all its tries, and how long it waited for the latest', async () => {
  const { client } = batch;
  await addPoolAndJob(client, 'a');
  await client.task.add('a', {
    id: 'bad',
    commandLine: shell('sleep 0.1; exit 1'),
    constraints: { maxTaskRetryCount: 2 },
  });
  await completedTasks(client, 'a');
  const { stats, ...task } = await client.task.get('a', 'bad', { taskGetOptions: expand });
  expect(stats).toMatchObject({ url: task.url, startTime: task.creationTime, readIOps: 0 });
  expect(milliseconds(stats?.wallClockTime)).toBeGreaterThanOrEqual(300);
  const { startTime, endTime } = task.executionInfo ?? {};
  const waited = Number(startTime) - Number(task.creationTime);
  // Dates have whole milliseconds.
  expect(Math.abs(milliseconds(stats?.waitTime) - waited)).toBeLessThanOrEqual(1);
  expect(waited).toBeGreaterThanOrEqual(200);
  const [listed] = await client.task.list('a', { taskListOptions: expand });
  expect(listed?.stats).toMatchObject({ wallClockTime: stats?.wallClockTime });
  const options = { ...expand, select: 'id,stats' };
  const [selected] = await client.task.list('a', { taskListOptions: options });
  expect(Object.keys(selected ?? {})).toEqual(['id', 'stats']);
  expect(await client.task.get('a', 'bad')).not.toHaveProperty('stats');
  await client.job.disable('a', 'requeue');
  await client.task.reactivate('a', 'bad');
  const again = await client.task.get('a', 'bad', { taskGetOptions: expand });
  expect(again.stats?.wallClockTime).toBe(stats?.wallClockTime);
  expect(milliseconds(again.stats?.waitTime)).toBeGreaterThanOrEqual(
    Number(endTime) - Number(task.creationTime),
  );
});

test('the time of a running task grows, that of one that waits is time of waiting', async () => {
  const { client } = batch;
  await addPoolAndJob(client, 'a');
  await client.task.add('a', { id: 'long', commandLine: shell('sleep 100') });
  await client.task.add('a', { id: 'large', commandLine: 'true', requiredSlots: 99 });
  const statsOf = async (id: string) =>
    (await client.task.get('a', id, { taskGetOptions: expand })).stats;
  await until(async () => milliseconds((await statsOf('long'))?.wallClockTime) > 20);
  await until(async () => milliseconds((await statsOf('large'))?.waitTime) > 20);
  expect((await statsOf('large'))?.wallClockTime).toBe('PT0S');
  await client.task.terminate('a', 'large');
  const ended = await statsOf('large');
  expect(await statsOf('large')).toMatchObject({ waitTime: ended?.waitTime });
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

test('statistics of jobs, tasks and pools outlast kill -9', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'batch-stats-'));

  const first = await spawnBatch(dataDir);
  const before = clientFor(first);
  await before.pool.add(poolOf('p'));
  await before.job.add({ id: 'j', poolInfo: { poolId: 'p' } });
  const constraints = { maxTaskRetryCount: 2 };
  await before.task.addCollection('j', [
    { id: 'good', commandLine: 'sleep 0.05' },
    { id: 'bad', commandLine: `bash -c 'sleep 0.05; exit 1'`, constraints },
  ]);
  await until(async () => (await before.job.getTaskCounts('j')).taskCounts.completed === 2);
  // Gone nodes are all that a pool has of core time then.
  await before.pool.resize('p', { targetDedicatedNodes: 0 });
  await until(async () => (await before.computeNode.list('p')).length === 0);
  const kept = await statisticsOf(before);
  await first.end('SIGKILL');
  const second = await spawnBatch(dataDir);
  expect(await statisticsOf(clientFor(second))).toEqual(kept);
  expect(kept.job).toMatchObject({ numSucceededTasks: 1, numFailedTasks: 1, numTaskRetries: 2 });
  await second.end('SIGTERM');
  rmSync(dataDir, { recursive: true });
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

/** All statistics of job j and pool p, but for when they were made. */
async function statisticsOf(client: ReturnType<typeof clientFor>) {
  const expand = { expand: 'stats' };
  const job = (await client.job.get('j', { jobGetOptions: expand })).stats;
  const tasks = await client.task.list('j', { taskListOptions: expand });
  const pool = (await client.pool.get('p', { poolGetOptions: expand })).stats;
  const { dedicatedCoreTime } = pool?.usageStats ?? {};
  const timeless = (stats: typeof job | (typeof tasks)[number]['stats']): object => ({
    ...stats,
    url: undefined,
    lastUpdateTime: undefined,
  });
  return {
    job: timeless(job),
    tasks: tasks.map(({ stats }) => timeless(stats)),
    dedicatedCoreTime: String(dedicatedCoreTime),
  };
}
