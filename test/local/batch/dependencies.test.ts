import type { BatchServiceModels } from '@azure/batch';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  addPoolAndJob,
  completedTasks,
  errorOf,
  startBatch,
  until,
  type TestBatch,
} from './emulator.ts';

let batch: TestBatch;

beforeEach(async () => {
  batch = await startBatch();
});

afterEach(() => batch.close());

const fails = `/bin/sh -c 'exit 4'`;

async function addJob(job: Partial<BatchServiceModels.JobAddParameter> = {}): Promise<void> {
  await addPoolAndJob(batch.client, 'j', {
    pool: { taskSlotsPerNode: 8 },
    job: { usesTaskDependencies: true, ...job },
  });
}

async function stateOf(id: string): Promise<string | undefined> {
  return (await batch.client.task.get('j', id)).state;
}

const completed = (id: string) => until(async () => (await stateOf(id)) === 'completed');

describe('a task that depends on others', () => {
  test('by ids waits for all of them, also those that are added later', async () => {
    await addJob();
    const { task } = batch.client;
    await task.add('j', {
      id: 'child',
      commandLine: 'true',
      dependsOn: { taskIds: ['A', 'b', 'B'] },
    });
    await task.add('j', { id: 'a', commandLine: 'true' });
    await completed('a');
    expect(await stateOf('child')).toBe('active');
    await task.add('j', { id: 'b', commandLine: 'true' });
    await completed('child');
    const [b, child] = await Promise.all([task.get('j', 'b'), task.get('j', 'child')]);
    expect(child.executionInfo!.startTime!.getTime()).toBeGreaterThanOrEqual(
      b.executionInfo!.endTime!.getTime(),
    );
    expect(child.dependsOn).toEqual({ taskIds: ['A', 'b', 'B'] });
    await task.add('j', { id: 'late', commandLine: 'true', dependsOn: { taskIds: ['a', 'b'] } });
    await completed('late');
  });

  test('by a range waits for every number in it; of 2, 02 and 002 the first counts', async () => {
    await addJob();
    const { task } = batch.client;
    await task.add('j', {
      id: 'child',
      commandLine: 'true',
      dependsOn: {
        taskIdRanges: [
          { start: 1, end: 3 },
          { start: 3, end: 4 },
        ],
      },
    });
    for (const id of ['1', '02', '2', '4']) await task.add('j', { id, commandLine: 'true' });
    for (const id of ['1', '02', '2', '4']) await completed(id);
    expect(await stateOf('child')).toBe('active');
    await task.add('j', { id: '3', commandLine: 'true' });
    await completed('child');
    await task.add('j', {
      id: 'late',
      commandLine: 'true',
      dependsOn: { taskIdRanges: [{ start: 1, end: 4 }] },
    });
    await completed('late');
  });

  test('on one that failed never runs, unless its exit conditions satisfy or it succeeds when reactivated', async () => {
    await addJob();
    const { task } = batch.client;
    await task.add('j', { id: 'bad', commandLine: fails });
    await task.add('j', {
      id: 'tolerated',
      commandLine: fails,
      exitConditions: { exitCodes: [{ code: 4, exitOptions: { dependencyAction: 'satisfy' } }] },
    });
    await task.add('j', { id: 'afterBad', commandLine: 'true', dependsOn: { taskIds: ['bad'] } });
    await task.add('j', {
      id: 'afterTolerated',
      commandLine: 'true',
      dependsOn: { taskIds: ['tolerated'] },
    });
    await completed('afterTolerated');
    await completed('bad');
    expect(await stateOf('afterBad')).toBe('active');
    const counts = await batch.client.job.getTaskCounts('j');
    expect(counts.taskCounts).toMatchObject({ active: 1, succeeded: 1, failed: 2 });
  });

  test('runs after a task that its user ended only when the default satisfies', async () => {
    await addJob();
    const { task } = batch.client;
    await task.add('j', {
      id: 'ended',
      commandLine: 'sleep 1000',
      exitConditions: { default: { dependencyAction: 'satisfy' } },
    });
    await task.add('j', { id: 'child', commandLine: 'true', dependsOn: { taskIds: ['ended'] } });
    await until(async () => (await stateOf('ended')) === 'running');
    await task.terminate('j', 'ended');
    await completed('child');
    expect((await task.get('j', 'ended')).executionInfo?.failureInfo?.code).toBe('TaskEnded');
  });

  test('survives a restart of the emulator', async () => {
    await addJob();
    const { task } = batch.client;
    await task.add('j', {
      id: 'child',
      commandLine: 'true',
      dependsOn: { taskIds: ['p'], taskIdRanges: [{ start: 7, end: 7 }] },
    });
    await task.add('j', { id: '7', commandLine: 'true' });
    await completed('7');
    await batch.emulator.close();
    const { dataDir } = batch;
    batch = await startBatch({ dataDir });
    expect(await stateOf('child')).toBe('active');
    await batch.client.task.add('j', { id: 'p', commandLine: 'true' });
    await completed('child');
  });

  test('is refused in a job without dependencies, and with too long a list', async () => {
    await addPoolAndJob(batch.client, 'plain');
    const { task } = batch.client;
    const child = { id: 'c', commandLine: 'true', dependsOn: { taskIds: ['a'] } };
    expect(await errorOf(task.add('plain', child))).toEqual({
      status: 400,
      code: 'TaskDependenciesNotSpecifiedOnJob',
    });
    await batch.client.job.add({
      id: 'j',
      poolInfo: { poolId: 'plain' },
      usesTaskDependencies: true,
    });
    const taskIds = Array.from({ length: 1100 }, (_, index) => `${'x'.repeat(59)}${index}`);
    expect(await errorOf(task.add('j', { ...child, dependsOn: { taskIds } }))).toMatchObject({
      code: 'TaskDependencyListTooLong',
    });
    const range = { start: 3, end: 2 };
    expect(
      await errorOf(task.add('j', { ...child, dependsOn: { taskIdRanges: [range] } })),
    ).toMatchObject({
      code: 'InvalidPropertyValue',
    });
  });
});

describe('a job that minds how its tasks end', () => {
  const strict = { onTaskFailure: 'performexitoptionsjobaction' } as const;

  test('is terminated by a failed task by default, once its retries are used up', async () => {
    await addJob(strict);
    await batch.client.task.add('j', {
      id: 't',
      commandLine: fails,
      constraints: { maxTaskRetryCount: 1 },
    });
    await until(async () => (await batch.client.job.get('j')).state === 'completed');
    expect((await batch.client.job.get('j')).executionInfo?.terminateReason).toBe('TaskFailed');
    expect((await batch.client.task.get('j', 't')).executionInfo?.retryCount).toBe(1);
  });

  test('is disabled by a task that says so, and goes on when nothing is to be done', async () => {
    await addJob(strict);
    await batch.client.task.add('j', {
      id: 'harmless',
      commandLine: fails,
      exitConditions: {
        exitCodeRanges: [{ start: 2, end: 5, exitOptions: { jobAction: 'none' } }],
      },
    });
    await completed('harmless');
    expect((await batch.client.job.get('j')).state).toBe('active');
    await batch.client.task.add('j', {
      id: 'grave',
      commandLine: '/no/such/program',
      exitConditions: {
        preProcessingError: { jobAction: 'disable' },
        default: { jobAction: 'none' },
      },
    });
    await until(async () => (await batch.client.job.get('j')).state === 'disabled');
  });

  test('a jobAction is refused where the job would never act on it', async () => {
    await addJob();
    const task = {
      id: 't',
      commandLine: 'true',
      exitConditions: {
        exitCodes: [{ code: 1, exitOptions: { jobAction: 'terminate' as const } }],
      },
    };
    expect(await errorOf(batch.client.task.add('j', task))).toEqual({
      status: 400,
      code: 'InvalidPropertyValue',
    });
  });
});

test('a job manager task is added with its job and ends it', async () => {
  await addPoolAndJob(batch.client, 'p', { pool: { taskSlotsPerNode: 2 } });
  await batch.client.job.add({
    id: 'managed',
    poolInfo: { poolId: 'p' },
    jobManagerTask: { id: 'manager', commandLine: `/bin/sh -c 'sleep 0.2'` },
  });
  await batch.client.task.add('managed', { id: 'other', commandLine: 'sleep 1000' });
  await until(async () => (await batch.client.job.get('managed')).state === 'completed');
  const job = await batch.client.job.get('managed');
  expect(job.executionInfo?.terminateReason).toBe('JMComplete');
  expect(job.jobManagerTask).toMatchObject({
    id: 'manager',
    killJobOnCompletion: true,
    runExclusive: true,
    allowLowPriorityNode: true,
    requiredSlots: 1,
  });
  const tasks = await completedTasksOrActive('managed');
  expect(tasks.manager?.executionInfo?.exitCode).toBe(0);
  // The manager ran alone on the only node, so the other one never started.
  expect(tasks.other?.executionInfo?.startTime).toBeUndefined();
});

async function completedTasksOrActive(id: string) {
  const tasks = await batch.client.task.list(id);
  return Object.fromEntries(tasks.map((task) => [task.id, task]));
}

test('tasks that wait for others keep a job that ends by itself from ending', async () => {
  await addJob();
  await batch.client.task.add('j', { id: 'bad', commandLine: fails });
  await batch.client.task.add('j', {
    id: 'child',
    commandLine: 'true',
    dependsOn: { taskIds: ['bad'] },
  });
  await batch.client.job.patch('j', { onAllTasksComplete: 'terminatejob' });
  await completed('bad');
  expect((await batch.client.job.get('j')).state).toBe('active');
  await batch.client.task.deleteMethod('j', 'child');
  await until(async () => (await batch.client.job.get('j')).state === 'completed');
  expect(Object.keys(await completedTasks(batch.client, 'j'))).toEqual(['bad']);
});
