import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { nodesOf } from './nodes.ts';
import { errorOf, poolOf, startBatch, until, type TestBatch } from './emulator.ts';

let batch: TestBatch;

afterEach(() => batch.close());

describe('a start task', () => {
  test('runs before the node takes tasks, with the variables of a node but none of a job', async () => {
    batch = await startBatch();
    const commandLine = `/bin/sh -c 'env > $AZ_BATCH_NODE_SHARED_DIR/env.txt; pwd; echo "$GREETING"; ls'`;
    await batch.client.pool.add(
      poolOf('p', {
        startTask: {
          commandLine,
          environmentSettings: [{ name: 'GREETING', value: 'hello' }],
        },
      }),
    );
    await batch.client.job.add({ id: 'j', poolInfo: { poolId: 'p' } });
    await batch.client.task.add('j', {
      id: 't',
      commandLine: `/bin/sh -c 'cat $AZ_BATCH_NODE_SHARED_DIR/env.txt $AZ_BATCH_NODE_STARTUP_DIR/stdout.txt'`,
    });
    await until(async () => (await batch.client.task.get('j', 't')).state === 'completed');
    const [node] = await nodesOf(batch, 'p');
    expect(node?.info.startTask).toMatchObject({
      commandLine,
      waitForSuccess: true,
      maxTaskRetryCount: 0,
    });
    expect(node?.info.startTaskInfo).toMatchObject({
      state: 'completed',
      exitCode: 0,
      result: 'success',
      retryCount: 0,
    });
    const text = await node!.read('workitems/j/job-1/t/stdout.txt');
    expect(text).toContain(`AZ_BATCH_NODE_ID=${node?.info.id}`);
    expect(text).toContain(`AZ_BATCH_TASK_WORKING_DIR=${node?.root}/startup/wd`);
    expect(text).not.toContain('AZ_BATCH_JOB_ID');
    expect(text).not.toContain('AZ_BATCH_TASK_ID');
    expect(text).toContain(`${node?.root}/startup/wd\nhello\n`);
  });

  test('that fails for good leaves its node without tasks, after its retries', async () => {
    batch = await startBatch();
    await batch.client.pool.add(
      poolOf('p', { startTask: { commandLine: `/bin/sh -c 'exit 3'`, maxTaskRetryCount: 2 } }),
    );
    await batch.client.job.add({ id: 'j', poolInfo: { poolId: 'p' } });
    await batch.client.task.add('j', { id: 't', commandLine: 'true' });
    await until(async () => (await nodesOf(batch, 'p'))[0]?.info.state === 'starttaskfailed');
    const [node] = await nodesOf(batch, 'p');
    expect(node?.info.startTaskInfo).toMatchObject({
      exitCode: 3,
      result: 'failure',
      retryCount: 2,
      failureInfo: { code: 'FailureExitCode', category: 'usererror' },
    });
    expect((await batch.client.task.get('j', 't')).state).toBe('active');
    const [counts] = await batch.client.account.listPoolNodeCounts();
    expect(counts?.dedicated).toMatchObject({ startTaskFailed: 1, total: 1 });
  });

  test('without waitForSuccess lets tasks run meanwhile, and even when it fails', async () => {
    batch = await startBatch();
    const go = join(batch.dataDir, 'go');
    await batch.client.pool.add(
      poolOf('p', {
        startTask: {
          commandLine: `/bin/sh -c 'while [ ! -e ${go} ]; do sleep 0.02; done; exit 1'`,
          waitForSuccess: false,
        },
      }),
    );
    await batch.client.job.add({ id: 'j', poolInfo: { poolId: 'p' } });
    await batch.client.task.add('j', { id: 't', commandLine: 'true' });
    await until(async () => (await batch.client.task.get('j', 't')).state === 'completed');
    expect((await nodesOf(batch, 'p'))[0]?.info.startTaskInfo?.state).toBe('running');
    await writeFile(go, '');
    await until(
      async () => (await nodesOf(batch, 'p'))[0]?.info.startTaskInfo?.state === 'completed',
    );
    expect((await nodesOf(batch, 'p'))[0]?.info.state).toBe('idle');
  });

  test('that was killed with the emulator runs again', async () => {
    batch = await startBatch();
    const go = join(batch.dataDir, 'go');
    await batch.client.pool.add(
      poolOf('p', {
        startTask: {
          commandLine: `/bin/sh -c 'echo boot >> boots.txt; test -e ${go} || sleep 1000'`,
          waitForSuccess: false,
        },
      }),
    );
    await until(
      async () => (await nodesOf(batch, 'p'))[0]?.info.startTaskInfo?.state === 'running',
    );
    const [node] = await nodesOf(batch, 'p');
    await until(async () => (await node!.read('startup/wd/boots.txt').catch(() => '')) !== '');
    const { dataDir } = batch;
    await batch.emulator.close();
    await writeFile(go, '');
    batch = await startBatch({ dataDir });
    await until(
      async () => (await nodesOf(batch, 'p'))[0]?.info.startTaskInfo?.result === 'success',
    );
    expect(await node!.read('startup/wd/boots.txt')).toBe('boot\nboot\n');
  });

  test('is killed with its node when the pool is deleted', async () => {
    batch = await startBatch();
    await batch.client.pool.add(poolOf('p', { startTask: { commandLine: 'sleep 1000' } }));
    await until(async () => (await nodesOf(batch, 'p'))[0]?.info.state === 'waitingforstarttask');
    await batch.client.pool.deleteMethod('p');
    await until(async () => !(await batch.client.pool.exists('p')).body);
    expect(batch.log).toEqual([]);
  });
});

describe('rebooting', () => {
  test('runs the start task again over what it left, and the running task elsewhere or again', async () => {
    batch = await startBatch();
    await batch.client.pool.add(
      poolOf('p', { startTask: { commandLine: `/bin/sh -c 'echo boot >> boots.txt'` } }),
    );
    await batch.client.job.add({ id: 'j', poolInfo: { poolId: 'p' } });
    const go = join(batch.dataDir, 'go');
    await batch.client.task.add('j', {
      id: 't',
      commandLine: `/bin/sh -c 'while [ ! -e ${go} ]; do sleep 0.02; done'`,
    });
    await until(async () => (await batch.client.task.get('j', 't')).state === 'running');
    const [node] = await nodesOf(batch, 'p');
    await batch.client.computeNode.reboot('p', node!.info.id!);
    expect((await nodesOf(batch, 'p'))[0]?.info.state).not.toBe('running');
    await until(
      async () => (await batch.client.task.get('j', 't')).executionInfo?.requeueCount === 1,
    );
    await writeFile(go, '');
    await until(async () => (await batch.client.task.get('j', 't')).state === 'completed');
    expect(await node!.read('startup/wd/boots.txt')).toBe('boot\nboot\n');
    const task = await batch.client.task.get('j', 't');
    expect(task.executionInfo).toMatchObject({ exitCode: 0, retryCount: 0, requeueCount: 1 });
  });

  test('a node that is not up is refused, and reimaging always is: its pool has no cloud service', async () => {
    batch = await startBatch({ delays: { starting: 100_000 } });
    await batch.client.pool.add(poolOf('p'));
    await until(async () => (await nodesOf(batch, 'p'))[0]?.info.state === 'starting');
    const id = (await nodesOf(batch, 'p'))[0]!.info.id!;
    expect(await errorOf(batch.client.computeNode.reboot('p', id))).toEqual({
      status: 409,
      code: 'NodeNotReady',
    });
    expect(await errorOf(batch.client.computeNode.reimage('p', id))).toEqual({
      status: 409,
      code: 'OperationNotValidOnNode',
    });
    expect(await errorOf(batch.client.computeNode.reboot('p', 'none'))).toEqual({
      status: 404,
      code: 'NodeNotFound',
    });
  });
});
