import { afterEach, describe, expect, test } from 'vitest';
import {
  addPoolAndJob,
  completedTasks,
  errorOf,
  startBatch,
  until,
  type TestBatch,
} from './emulator.ts';
import { raw } from './raw.ts';

let batch: TestBatch;

afterEach(() => batch.close());

/** A job with a task that runs and two that wait. */
async function busyJob(): Promise<void> {
  batch = await startBatch();
  await addPoolAndJob(batch.client, 'j');
  await batch.client.task.addCollection(
    'j',
    ['run', 'wait1', 'wait2'].map((id) => ({ id, commandLine: 'sleep 60' })),
  );
  await until(async () => (await batch.client.job.getTaskCounts('j')).taskCounts.running === 1);
}

test('a job reads back with the defaults of the service', async () => {
  batch = await startBatch();
  await batch.client.job.add({
    id: 'MyJob',
    displayName: 'd',
    poolInfo: { poolId: 'none' },
    metadata: [{ name: 'a', value: 'b' }],
  });
  const job = await raw(batch.emulator, { path: '/jobs/myjob' });
  expect(job.json).toMatchObject({
    id: 'MyJob',
    displayName: 'd',
    state: 'active',
    priority: 0,
    maxParallelTasks: -1,
    usesTaskDependencies: false,
    allowTaskPreemption: false,
    constraints: { maxWallClockTime: 'P10675199DT2H48M5.4775807S', maxTaskRetryCount: 0 },
    poolInfo: { poolId: 'none' },
    onAllTasksComplete: 'noaction',
    onTaskFailure: 'noaction',
    metadata: [{ name: 'a', value: 'b' }],
    executionInfo: { poolId: 'none' },
  });
  expect(job.json).not.toHaveProperty('commonEnvironmentSettings');
});

test('a job with an id that differs only in case exists already', async () => {
  batch = await startBatch();
  await batch.client.job.add({ id: 'Job', poolInfo: { poolId: 'p' } });
  expect(await errorOf(batch.client.job.add({ id: 'jOB', poolInfo: { poolId: 'p' } }))).toEqual({
    status: 409,
    code: 'JobExists',
  });
});

test.each([
  ['allowTaskPreemption', true],
  ['networkConfiguration', { subnetId: 's' }],
])('a job with %s is refused by name', async (name, value) => {
  batch = await startBatch();
  const response = await raw(batch.emulator, {
    method: 'POST',
    path: '/jobs',
    body: { id: 'j', poolInfo: { poolId: 'p' }, [name]: value },
  });
  expect(response).toMatchObject({ status: 501, json: { code: 'NotEmulated' } });
  expect(response.reason).toContain(name);
});

describe('changing', () => {
  test('a patch replaces what it gives, a whole constraints object included', async () => {
    batch = await startBatch();
    await batch.client.job.add({
      id: 'j',
      poolInfo: { poolId: 'p' },
      priority: 3,
      constraints: { maxTaskRetryCount: 5 },
    });
    await batch.client.job.patch('j', { constraints: { maxWallClockTime: 'P1D' } });
    expect(await batch.client.job.get('j')).toMatchObject({
      priority: 3,
      constraints: { maxTaskRetryCount: 0, maxWallClockTime: 'P1D' },
    });
  });

  test('an update replaces everything that may change', async () => {
    batch = await startBatch();
    await batch.client.job.add({
      id: 'j',
      poolInfo: { poolId: 'p' },
      priority: 3,
      metadata: [{ name: 'a', value: 'b' }],
    });
    await batch.client.job.update('j', { poolInfo: { poolId: 'p' } });
    const job = await batch.client.job.get('j');
    expect(job.priority).toBe(0);
    expect(job.metadata).toBeUndefined();
  });

  test('the pool of a job changes only while the job is disabled', async () => {
    batch = await startBatch();
    await batch.client.job.add({ id: 'j', poolInfo: { poolId: 'p' } });
    const change = { poolInfo: { poolId: 'q' } };
    expect(await errorOf(batch.client.job.patch('j', change))).toMatchObject({ status: 409 });
    await batch.client.job.disable('j', 'requeue');
    await batch.client.job.patch('j', change);
    expect((await batch.client.job.get('j')).poolInfo?.poolId).toBe('q');
  });

  test('onAllTasksComplete completes a job without tasks, and cannot go back', async () => {
    batch = await startBatch();
    await addPoolAndJob(batch.client, 'j');
    await batch.client.task.add('j', { id: 't', commandLine: 'sleep 0.3' });
    await batch.client.job.patch('j', { onAllTasksComplete: 'terminatejob' });
    expect(await errorOf(batch.client.job.patch('j', { onAllTasksComplete: 'noaction' }))).toEqual({
      status: 400,
      code: 'InvalidPropertyValue',
    });
    await until(async () => (await batch.client.job.get('j')).state === 'completed');
    expect((await batch.client.job.get('j')).executionInfo).toMatchObject({
      terminateReason: 'AllTasksComplete',
    });
  });
});

describe('ending', () => {
  test('terminating ends running tasks, leaves waiting ones active and refuses new ones', async () => {
    await busyJob();
    await batch.client.job.terminate('j', { terminateReason: 'enough' });
    await until(async () => (await batch.client.job.get('j')).state === 'completed');
    const tasks = await batch.client.task.list('j');
    expect(tasks.map(({ id, state }) => [id, state])).toEqual([
      ['run', 'completed'],
      ['wait1', 'active'],
      ['wait2', 'active'],
    ]);
    expect(tasks[0]?.executionInfo).toMatchObject({
      result: 'failure',
      failureInfo: { code: 'TaskEnded', category: 'usererror' },
    });
    expect((await batch.client.job.get('j')).executionInfo).toMatchObject({
      terminateReason: 'enough',
    });
    const refusal = { status: 409, code: 'JobCompleted' };
    expect(await errorOf(batch.client.task.add('j', { id: 'new', commandLine: 'true' }))).toEqual(
      refusal,
    );
    expect(
      await errorOf(batch.client.task.addCollection('j', [{ id: 'new', commandLine: 'true' }])),
    ).toEqual(refusal);
    expect(await errorOf(batch.client.job.terminate('j'))).toEqual(refusal);
  });

  test('a job past its maxWallClockTime is terminated', async () => {
    batch = await startBatch();
    await addPoolAndJob(batch.client, 'j', { job: { constraints: { maxWallClockTime: 'PT1S' } } });
    await batch.client.task.add('j', { id: 't', commandLine: 'sleep 60' });
    await until(async () => (await batch.client.job.get('j')).state === 'completed');
    expect((await batch.client.job.get('j')).executionInfo).toMatchObject({
      terminateReason: 'MaxWallClockTimeExpiry',
    });
  });

  test('deleting kills running tasks and removes everything', async () => {
    await busyJob();
    await batch.client.job.deleteMethod('j');
    const { code } = await errorOf(batch.client.job.deleteMethod('j'));
    expect(['JobBeingDeleted', 'JobNotFound']).toContain(code);
    await until(
      async () =>
        (await errorOf(batch.client.job.get('j')).catch(() => ({ code: '' }))).code ===
        'JobNotFound',
    );
    await batch.client.job.add({ id: 'j', poolInfo: { poolId: 'j' } });
    expect(await batch.client.task.list('j')).toHaveLength(0);
    await batch.client.task.add('j', { id: 'run', commandLine: 'true' });
    expect((await completedTasks(batch.client, 'j')).run?.executionInfo?.exitCode).toBe(0);
  });
});

describe('disabling', () => {
  test.each([
    ['requeue', { active: 3, completed: 0 }],
    ['terminate', { active: 2, completed: 1 }],
  ] as const)('with %s', async (option, counts) => {
    await busyJob();
    await batch.client.job.disable('j', option);
    await until(async () => (await batch.client.job.get('j')).state === 'disabled');
    expect((await batch.client.job.getTaskCounts('j')).taskCounts).toMatchObject({
      ...counts,
      running: 0,
    });
    await batch.client.job.enable('j');
    await until(async () => (await batch.client.job.getTaskCounts('j')).taskCounts.running === 1);
  });

  test('with wait, running tasks go on', async () => {
    batch = await startBatch();
    await addPoolAndJob(batch.client, 'j');
    await batch.client.task.addCollection(
      'j',
      ['a', 'b'].map((id) => ({ id, commandLine: 'sleep 0.5' })),
    );
    await until(async () => (await batch.client.job.getTaskCounts('j')).taskCounts.running === 1);
    await batch.client.job.disable('j', 'wait');
    expect((await batch.client.job.get('j')).state).toBe('disabling');
    await until(async () => (await batch.client.job.get('j')).state === 'disabled');
    expect((await batch.client.job.getTaskCounts('j')).taskCounts).toMatchObject({
      active: 1,
      succeeded: 1,
    });
  });
});

test('task counts follow the tasks, in tasks and in slots', async () => {
  batch = await startBatch();
  await addPoolAndJob(batch.client, 'j', { pool: { taskSlotsPerNode: 4 } });
  await batch.client.task.addCollection('j', [
    { id: 'good', commandLine: 'true', requiredSlots: 2 },
    { id: 'bad', commandLine: 'false', requiredSlots: 3 },
    { id: 'huge', commandLine: 'true', requiredSlots: 5 },
  ]);
  await until(async () => (await batch.client.job.getTaskCounts('j')).taskCounts.completed === 2);
  const { taskCounts, taskSlotCounts } = await batch.client.job.getTaskCounts('j');
  expect(taskCounts).toEqual({ active: 1, running: 0, completed: 2, succeeded: 1, failed: 1 });
  expect(taskSlotCounts).toEqual({ active: 5, running: 0, completed: 5, succeeded: 2, failed: 3 });
});
