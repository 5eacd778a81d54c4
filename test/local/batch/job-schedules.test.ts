import type { BatchServiceModels } from '@azure/batch';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { admin } from './admin-client.ts';
import { errorOf, poolOf, startBatch, until, type TestBatch } from './emulator.ts';

let batch: TestBatch;

beforeEach(async () => {
  batch = await startBatch({
    admin: true,
    virtualTime: { automatic: false, quietMilliseconds: 0 },
    simulation: { tasks: [{ duration: 'PT10M' }] },
    delays: { allocation: 1000, creating: 1000, starting: 1000 },
  });
});

afterEach(() => batch.close());

const specification: BatchServiceModels.JobSpecification = {
  poolInfo: { poolId: 'p' },
  jobManagerTask: { id: 'manager', commandLine: 'simulated' },
};

async function advance(duration: string): Promise<void> {
  const answer = await admin(batch, 'POST', 'time', { advance: duration });
  expect(answer.status).toBe(200);
}

async function now(): Promise<number> {
  return Date.parse((await admin(batch, 'GET', 'time')).json!.now as string);
}

async function jobStates(id = 's'): Promise<Record<string, string>> {
  const jobs = await batch.client.job.listFromJobSchedule(id);
  return Object.fromEntries(jobs.map((job) => [job.id!, job.state!]));
}

async function add(
  schedule: BatchServiceModels.Schedule,
  jobSpecification: BatchServiceModels.JobSpecification = specification,
): Promise<void> {
  await batch.client.pool.add(poolOf('p', { taskSlotsPerNode: 8 }));
  await batch.client.jobSchedule.add({ id: 's', schedule, jobSpecification });
}

describe('a job schedule', () => {
  test('without times makes one job at once, and completes with it', async () => {
    await add({});
    expect(await jobStates()).toEqual({ 's:job-1': 'active' });
    const before = await batch.client.jobSchedule.get('s');
    expect(before).toMatchObject({
      state: 'active',
      executionInfo: { recentJob: { id: 's:job-1' } },
      jobSpecification: {
        priority: 0,
        maxParallelTasks: -1,
        onAllTasksComplete: 'noaction',
        constraints: { maxTaskRetryCount: 0 },
        jobManagerTask: { id: 'manager', killJobOnCompletion: true },
        poolInfo: { poolId: 'p' },
      },
    });
    expect(before.executionInfo?.nextRunTime).toBeUndefined();
    await advance('PT11M');
    expect(await jobStates()).toEqual({ 's:job-1': 'completed' });
    const after = await batch.client.jobSchedule.get('s');
    expect(after).toMatchObject({ state: 'completed', previousState: 'active' });
    expect(after.executionInfo?.endTime).toBeInstanceOf(Date);
    const task = await batch.client.task.get('s:job-1', 'manager');
    expect(task.nodeInfo?.taskRootDirectory).toBe('workitems/s/job-1/manager');
  });

  test('with an interval makes a job each time, until it is over', async () => {
    const start = await now();
    await add({
      doNotRunUntil: new Date(start + 3_600_000),
      doNotRunAfter: new Date(start + 3 * 3_600_000 - 1000),
      recurrenceInterval: 'PT30M',
    });
    expect(await jobStates()).toEqual({});
    expect((await batch.client.jobSchedule.get('s')).executionInfo?.nextRunTime?.getTime()).toBe(
      start + 3_600_000,
    );
    await advance('PT1H1M');
    expect(Object.keys(await jobStates())).toEqual(['s:job-1']);
    await advance('PT1H');
    expect(Object.keys(await jobStates())).toEqual(['s:job-1', 's:job-2', 's:job-3']);
    await advance('PT2H');
    expect(await jobStates()).toEqual({
      's:job-1': 'completed',
      's:job-2': 'completed',
      's:job-3': 'completed',
      's:job-4': 'completed',
    });
    expect((await batch.client.jobSchedule.get('s')).state).toBe('completed');
  });

  test('never has two jobs at once: a late one follows at the end of the other, or not at all', async () => {
    const long = { poolInfo: { poolId: 'p' } };
    await add({ recurrenceInterval: 'PT5M' }, long);
    await advance('PT16M');
    expect(await jobStates()).toEqual({ 's:job-1': 'active' });
    await batch.client.job.terminate('s:job-1');
    await until(async () => (await jobStates())['s:job-2'] === 'active');
    await batch.client.jobSchedule.patch('s', {
      schedule: { recurrenceInterval: 'PT30M', startWindow: 'PT1M' },
    });
    await advance('PT35M');
    await batch.client.job.terminate('s:job-2');
    await advance('PT1S');
    expect(Object.keys(await jobStates())).toEqual(['s:job-1', 's:job-2']);
    await advance('PT30M');
    expect(Object.keys(await jobStates())).toEqual(['s:job-1', 's:job-2', 's:job-3']);
  });

  test('that is disabled makes no jobs until it is enabled', async () => {
    await add({ recurrenceInterval: 'PT20M' });
    await batch.client.jobSchedule.disable('s');
    await advance('PT1H');
    expect(await jobStates()).toEqual({ 's:job-1': 'completed' });
    await batch.client.jobSchedule.enable('s');
    expect(Object.keys(await jobStates())).toEqual(['s:job-1', 's:job-2']);
    expect((await batch.client.jobSchedule.get('s')).previousState).toBe('disabled');
  });

  test('that is terminated ends its job', async () => {
    await add({ recurrenceInterval: 'PT20M' });
    await batch.client.jobSchedule.terminate('s');
    await until(async () => (await batch.client.jobSchedule.get('s')).state === 'completed');
    const job = await batch.client.job.get('s:job-1');
    expect(job).toMatchObject({
      state: 'completed',
      executionInfo: { terminateReason: 'TerminateJobSchedule' },
    });
    await advance('PT1H');
    expect(Object.keys(await jobStates())).toEqual(['s:job-1']);
    expect(await errorOf(batch.client.jobSchedule.terminate('s'))).toMatchObject({ status: 409 });
  });

  test('that is deleted takes its jobs with it', async () => {
    await add({ recurrenceInterval: 'PT20M' });
    await advance('PT30M');
    await batch.client.jobSchedule.deleteMethod('s');
    await until(async () => !(await batch.client.jobSchedule.exists('s')).body);
    expect(await batch.client.job.list()).toHaveLength(0);
  });

  test('keeps its pool for all its jobs, and lets go of it in the end', async () => {
    const { vmSize, virtualMachineConfiguration } = poolOf('x');
    const pool = {
      vmSize,
      virtualMachineConfiguration,
      targetDedicatedNodes: 1,
      taskSlotsPerNode: 2,
    };
    await add(
      { recurrenceInterval: 'PT20M' },
      {
        ...specification,
        poolInfo: {
          autoPoolSpecification: {
            autoPoolIdPrefix: 'auto',
            poolLifetimeOption: 'jobschedule',
            pool,
          },
        },
      },
    );
    await advance('PT45M');
    const jobs = await batch.client.job.listFromJobSchedule('s');
    expect(jobs.map((job) => job.state)).toEqual(['completed', 'completed', 'active']);
    const ids = new Set(jobs.map((job) => job.executionInfo?.poolId));
    expect([...ids][0]).toMatch(/^auto_[0-9A-F-]{36}$/);
    expect(ids.size).toBe(1);
    expect(await batch.client.pool.list()).toHaveLength(2);
    await batch.client.jobSchedule.terminate('s');
    await until(async () => (await batch.client.pool.list()).length === 1);
  });

  test('goes on after a restart of the emulator', async () => {
    await batch.close();
    batch = await startBatch({ admin: true, delays: {} });
    await batch.client.pool.add(poolOf('p'));
    const soon = new Date(Date.now() + 1500);
    await batch.client.jobSchedule.add({
      id: 's',
      schedule: { doNotRunUntil: soon },
      jobSpecification: {
        ...specification,
        jobManagerTask: { id: 'manager', commandLine: 'true' },
      },
    });
    const { dataDir } = batch;
    await batch.emulator.close();
    batch = await startBatch({ dataDir });
    await until(async () => (await batch.client.jobSchedule.get('s')).state === 'completed');
    expect(await jobStates()).toEqual({ 's:job-1': 'completed' });
  });
});

test('ids are shared with jobs, and what is not right is refused', async () => {
  const { job, jobSchedule } = batch.client;
  await add({ doNotRunUntil: new Date(Date.now() + 86_400_000) });
  await job.add({ id: 'j', poolInfo: { poolId: 'p' } });
  const schedule = { id: 'S', schedule: {}, jobSpecification: specification };
  expect(await errorOf(jobSchedule.add(schedule))).toEqual({
    status: 409,
    code: 'JobScheduleExists',
  });
  expect(await errorOf(jobSchedule.add({ ...schedule, id: 'J' }))).toEqual({
    status: 409,
    code: 'JobWithSameIdExists',
  });
  expect(await errorOf(job.add({ id: 's', poolInfo: { poolId: 'p' } }))).toEqual({
    status: 409,
    code: 'JobScheduleWithSameIdExists',
  });
  const short = { ...schedule, id: 'x', schedule: { recurrenceInterval: 'PT10S' } };
  expect(await errorOf(jobSchedule.add(short))).toEqual({
    status: 400,
    code: 'InvalidPropertyValue',
  });
  expect(await errorOf(jobSchedule.get('none'))).toEqual({
    status: 404,
    code: 'JobScheduleNotFound',
  });
  expect((await jobSchedule.exists('none')).body).toBe(false);
  const listed = await jobSchedule.list({
    jobScheduleListOptions: { filter: "startswith(id, 's')", select: 'id,state' },
  });
  expect(listed.map(({ id, state, url }) => ({ id, state, url }))).toEqual([
    { id: 's', state: 'active', url: undefined },
  ]);
});
