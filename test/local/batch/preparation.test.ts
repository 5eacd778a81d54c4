import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import {
  addPoolAndJob,
  completedTasks,
  errorOf,
  startBatch,
  until,
  type TestBatch,
} from './emulator.ts';
import { nodesOf } from './nodes.ts';

let batch: TestBatch;

afterEach(() => batch.close());

const preparation = {
  commandLine: `/bin/sh -c 'echo prepared >> $AZ_BATCH_NODE_SHARED_DIR/log; echo hi > file; env > env.txt'`,
};
const release = {
  commandLine: `/bin/sh -c 'cat $AZ_BATCH_JOB_PREP_WORKING_DIR/file >> $AZ_BATCH_NODE_SHARED_DIR/log'`,
};

describe('a preparation task', () => {
  test('runs once on each node that runs tasks of its job, before them; its release task when the job ends', async () => {
    batch = await startBatch();
    await addPoolAndJob(batch.client, 'j', {
      pool: { taskSlotsPerNode: 4 },
      job: { jobPreparationTask: preparation, jobReleaseTask: release },
    });
    expect(await batch.client.job.listPreparationAndReleaseTaskStatus('j')).toHaveLength(0);
    const commandLine = `/bin/sh -c 'cat $AZ_BATCH_JOB_PREP_DIR/wd/file; cat $AZ_BATCH_NODE_SHARED_DIR/log'`;
    const ids = ['a', 'b', 'c', 'd', 'e'];
    await batch.client.task.addCollection(
      'j',
      ids.map((id) => ({ id, commandLine })),
    );
    const tasks = await completedTasks(batch.client, 'j');
    const [node] = await nodesOf(batch, 'j');
    for (const id of ids) {
      expect(tasks[id]?.executionInfo).toMatchObject({ exitCode: 0, requeueCount: 0 });
      expect(await node!.read(`workitems/j/job-1/${id}/stdout.txt`)).toBe('hi\nprepared\n');
    }
    expect(await node!.read('workitems/j/job-1/jobpreparation/wd/env.txt')).not.toContain(
      'JOB_PREP',
    );
    const [before] = await batch.client.job.listPreparationAndReleaseTaskStatus('j');
    expect(before).toMatchObject({
      poolId: 'j',
      nodeId: node?.info.id,
      jobPreparationTaskExecutionInfo: {
        state: 'completed',
        exitCode: 0,
        result: 'success',
        retryCount: 0,
        taskRootDirectory: 'workitems/j/job-1/jobpreparation',
      },
    });
    expect(before?.jobReleaseTaskExecutionInfo).toBeUndefined();
    await batch.client.job.terminate('j');
    await until(async () => (await batch.client.job.get('j')).state === 'completed');
    expect(await node!.read('shared/log')).toBe('prepared\nhi\n');
    const [after] = await batch.client.job.listPreparationAndReleaseTaskStatus('j');
    expect(after?.jobReleaseTaskExecutionInfo).toMatchObject({ state: 'completed', exitCode: 0 });
    await batch.client.job.deleteMethod('j');
    await until(() => !existsSync(join(node!.root, 'workitems/j')));
    expect(await node!.read('shared/log')).toBe('prepared\nhi\n');
  });

  test('while it runs its task is preparing, and the job can be ended', async () => {
    batch = await startBatch();
    await addPoolAndJob(batch.client, 'j', {
      job: { jobPreparationTask: { commandLine: 'sleep 1000' }, jobReleaseTask: release },
    });
    await batch.client.task.add('j', { id: 't', commandLine: 'true' });
    await until(async () => (await batch.client.task.get('j', 't')).state === 'preparing');
    expect((await batch.client.job.getTaskCounts('j')).taskCounts).toMatchObject({
      running: 1,
      active: 0,
    });
    await batch.client.job.terminate('j');
    await until(async () => (await batch.client.job.get('j')).state === 'completed');
    const task = await batch.client.task.get('j', 't');
    expect(task).toMatchObject({
      state: 'completed',
      executionInfo: { failureInfo: { code: 'TaskEnded' } },
    });
    expect(task.executionInfo?.startTime).toBeUndefined();
    const [status] = await batch.client.job.listPreparationAndReleaseTaskStatus('j');
    expect(status?.jobPreparationTaskExecutionInfo).toMatchObject({ result: 'failure' });
    // It failed because there was nothing to read; the job completes all the same.
    expect(status?.jobReleaseTaskExecutionInfo).toMatchObject({ state: 'completed', exitCode: 1 });
  });

  test('that fails sends the task to another node, uncharged, and takes no more tasks where it failed', async () => {
    batch = await startBatch();
    const marker = join(batch.dataDir, 'first');
    await addPoolAndJob(batch.client, 'j', {
      pool: { targetDedicatedNodes: 2 },
      job: {
        jobPreparationTask: {
          commandLine: `/bin/sh -c 'mkdir ${marker}.$AZ_BATCH_NODE_ID; mkdir ${marker} && exit 1; exit 0'`,
          constraints: { maxTaskRetryCount: 0 },
        },
      },
    });
    for (const id of ['a', 'b', 'c']) await batch.client.task.add('j', { id, commandLine: 'true' });
    const tasks = await completedTasks(batch.client, 'j');
    const statuses = await batch.client.job.listPreparationAndReleaseTaskStatus('j');
    const bad = statuses.find((one) => one.jobPreparationTaskExecutionInfo?.result === 'failure');
    const good = statuses.find((one) => one.jobPreparationTaskExecutionInfo?.result === 'success');
    expect(bad?.jobPreparationTaskExecutionInfo?.failureInfo?.code).toBe('FailureExitCode');
    for (const id of ['a', 'b', 'c']) {
      expect(tasks[id]?.nodeInfo?.nodeId).toBe(good?.nodeId);
      expect(tasks[id]?.executionInfo).toMatchObject({
        retryCount: 0,
        requeueCount: 0,
        exitCode: 0,
      });
    }
  });

  test('without waitForSuccess lets tasks run though it failed', async () => {
    batch = await startBatch();
    await addPoolAndJob(batch.client, 'j', {
      job: { jobPreparationTask: { commandLine: 'false', waitForSuccess: false } },
    });
    await batch.client.task.add('j', { id: 't', commandLine: 'true' });
    const { t } = await completedTasks(batch.client, 'j');
    expect(t?.executionInfo?.exitCode).toBe(0);
  });

  test('runs again after a reboot, unless its job says otherwise', async () => {
    batch = await startBatch();
    const logged = {
      commandLine: `/bin/sh -c 'echo $AZ_BATCH_JOB_ID >> $AZ_BATCH_NODE_SHARED_DIR/log'`,
    };
    await addPoolAndJob(batch.client, 'again', { job: { jobPreparationTask: logged } });
    await batch.client.job.add({
      id: 'once',
      poolInfo: { poolId: 'again' },
      jobPreparationTask: { ...logged, rerunOnNodeRebootAfterSuccess: false },
    });
    const run = async (id: string) => {
      for (const job of ['again', 'once']) {
        await batch.client.task.add(job, { id, commandLine: 'true' });
        await completedTasks(batch.client, job);
      }
    };
    await run('t1');
    const [node] = await nodesOf(batch, 'again');
    await batch.client.computeNode.reboot('again', node!.info.id!);
    await run('t2');
    expect(await node!.read('shared/log')).toBe('again\nonce\nagain\n');
  });

  test('is killed with the emulator and runs again after it has started', async () => {
    batch = await startBatch();
    const go = join(batch.dataDir, 'go');
    await addPoolAndJob(batch.client, 'j', {
      job: { jobPreparationTask: { commandLine: `/bin/sh -c 'test -e ${go} || sleep 1000'` } },
    });
    await batch.client.task.add('j', { id: 't', commandLine: 'true' });
    await until(async () => (await batch.client.task.get('j', 't')).state === 'preparing');
    const { dataDir } = batch;
    await batch.emulator.close();
    await writeFile(go, '');
    batch = await startBatch({ dataDir });
    const { t } = await completedTasks(batch.client, 'j');
    expect(t?.executionInfo).toMatchObject({ exitCode: 0, retryCount: 0, requeueCount: 0 });
  });
});

test('deleting an active job releases its nodes first', async () => {
  batch = await startBatch();
  await addPoolAndJob(batch.client, 'j', {
    job: { jobPreparationTask: preparation, jobReleaseTask: release },
  });
  await batch.client.task.add('j', { id: 't', commandLine: 'true' });
  await completedTasks(batch.client, 'j');
  const [node] = await nodesOf(batch, 'j');
  await batch.client.job.deleteMethod('j');
  await until(
    async () =>
      (await errorOf(batch.client.job.get('j')).catch(() => undefined))?.code === 'JobNotFound',
  );
  expect(await node!.read('shared/log')).toBe('prepared\nhi\n');
});

test('what cannot be is refused', async () => {
  batch = await startBatch();
  const poolInfo = { poolId: 'p' };
  const { job, task } = batch.client;
  expect(await errorOf(job.add({ id: 'a', poolInfo, jobReleaseTask: release }))).toMatchObject({
    status: 400,
  });
  const tooLong = { ...release, maxWallClockTime: 'PT16M' };
  expect(
    await errorOf(
      job.add({ id: 'a', poolInfo, jobPreparationTask: preparation, jobReleaseTask: tooLong }),
    ),
  ).toMatchObject({ code: 'InvalidPropertyValue' });
  await job.add({ id: 'plain', poolInfo });
  expect(await errorOf(job.listPreparationAndReleaseTaskStatus('plain'))).toEqual({
    status: 409,
    code: 'JobPreparationTaskOrReleaseTaskNotSpecified',
  });
  await job.add({
    id: 'j',
    poolInfo,
    jobPreparationTask: preparation,
    jobReleaseTask: { ...release, id: 'clean' },
  });
  expect(await errorOf(task.add('j', { id: 'JobPreparation', commandLine: 'true' }))).toEqual({
    status: 409,
    code: 'TaskIdSameAsJobPreparationTask',
  });
  expect(await errorOf(task.add('j', { id: 'clean', commandLine: 'true' }))).toEqual({
    status: 409,
    code: 'TaskIdSameAsJobReleaseTask',
  });
  expect(await job.get('j')).toMatchObject({
    jobPreparationTask: {
      id: 'jobpreparation',
      waitForSuccess: true,
      rerunOnNodeRebootAfterSuccess: true,
    },
    jobReleaseTask: { id: 'clean', maxWallClockTime: 'PT15M', retentionTime: 'P7D' },
  });
});
