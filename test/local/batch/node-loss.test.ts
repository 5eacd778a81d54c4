import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { admin } from './admin-client.ts';
import {
  addPoolAndJob,
  completedTasks,
  poolOf,
  startBatch,
  until,
  type TestBatch,
} from './emulator.ts';
import { nodesOf } from './nodes.ts';

let batch: TestBatch;

afterEach(() => batch.close());

describe.each(['preempt', 'fail', 'spoil'])('a node that meets %s', (event) => {
  test('gives its task back uncharged; what it had of the job there is prepared anew', async () => {
    batch = await startBatch({ admin: true });
    const go = join(batch.dataDir, 'go');
    await addPoolAndJob(batch.client, 'j', {
      pool: { targetDedicatedNodes: 0, targetLowPriorityNodes: 2 },
      job: { jobPreparationTask: { commandLine: `/bin/sh -c 'echo p > ready'` } },
    });
    await batch.client.task.add('j', {
      id: 't',
      commandLine: `/bin/sh -c 'cat $AZ_BATCH_JOB_PREP_WORKING_DIR/ready; while [ ! -e ${go} ]; do sleep 0.02; done'`,
      constraints: { maxTaskRetryCount: 0 },
    });
    await until(async () => (await batch.client.task.get('j', 't')).state === 'running');
    const first = (await batch.client.task.get('j', 't')).nodeInfo!.nodeId!;
    const lost = (await nodesOf(batch, 'j')).find((node) => node.info.id === first);
    await admin(batch, 'POST', 'nodes', { poolId: 'j', nodeId: first, event });
    expect(existsSync(join(lost!.root, 'workitems/j'))).toBe(false);
    await writeFile(go, '');
    const { t } = await completedTasks(batch.client, 'j');
    expect(t?.executionInfo).toMatchObject({ exitCode: 0, retryCount: 0, requeueCount: 0 });
    if (event === 'spoil') return;
    await until(async () =>
      (await nodesOf(batch, 'j')).some(
        (node) => node.info.id === first && node.info.state === 'idle',
      ),
    );
  });
});

test('a resize that takes longer than it may is given up, and says so', async () => {
  batch = await startBatch({
    admin: true,
    virtualTime: { automatic: false, quietMilliseconds: 0 },
    delays: { allocation: 600_000 },
  });
  await batch.client.pool.add(poolOf('p', { resizeTimeout: 'PT5M', targetDedicatedNodes: 2 }));
  await admin(batch, 'POST', 'time', { advance: 'PT4M59S' });
  expect((await batch.client.pool.get('p')).allocationState).toBe('resizing');
  await admin(batch, 'POST', 'time', { advance: 'PT1S' });
  expect(await batch.client.pool.get('p')).toMatchObject({
    allocationState: 'steady',
    targetDedicatedNodes: 2,
    currentDedicatedNodes: 0,
    resizeErrors: [{ code: 'AllocationTimedout' }],
  });
  await batch.client.pool.resize('p', { targetDedicatedNodes: 1, resizeTimeout: 'PT20M' });
  await admin(batch, 'POST', 'time', { advance: 'PT11M' });
  const pool = await batch.client.pool.get('p');
  expect(pool).toMatchObject({ allocationState: 'steady', currentDedicatedNodes: 1 });
  expect(pool.resizeErrors).toBeUndefined();
});

describe('the files of a task', () => {
  test('are removed when their time is over, and a node leaves with them when it is to wait for that', async () => {
    batch = await startBatch();
    await addPoolAndJob(batch.client, 'j', { pool: { taskSlotsPerNode: 2 } });
    await batch.client.task.addCollection('j', [
      { id: 'short', commandLine: 'true', constraints: { retentionTime: 'PT1S' } },
      { id: 'long', commandLine: 'true', constraints: { retentionTime: 'PT2S' } },
      { id: 'kept', commandLine: 'true' },
    ]);
    await completedTasks(batch.client, 'j');
    const [node] = await nodesOf(batch, 'j');
    const has = (id: string): boolean => existsSync(join(node!.root, 'workitems/j/job-1', id));
    await until(() => !has('short'));
    await until(() => !has('long'));
    expect(has('kept')).toBe(true);
    await batch.client.task.deleteMethod('j', 'kept');
    await until(() => !has('kept'));
    await batch.client.task.add('j', {
      id: 'last',
      commandLine: 'true',
      constraints: { retentionTime: 'PT2S' },
    });
    await completedTasks(batch.client, 'j');
    await batch.client.pool.resize('j', {
      targetDedicatedNodes: 0,
      nodeDeallocationOption: 'retaineddata',
    });
    await until(async () => (await nodesOf(batch, 'j'))[0]?.info.state === 'leavingpool');
    expect(has('last')).toBe(true);
    await until(async () => (await nodesOf(batch, 'j')).length === 0);
  });

  test('are removed on time after a restart, too', async () => {
    batch = await startBatch();
    await addPoolAndJob(batch.client, 'j');
    await batch.client.task.add('j', {
      id: 't',
      commandLine: 'true',
      constraints: { retentionTime: 'PT1S' },
    });
    await completedTasks(batch.client, 'j');
    const [node] = await nodesOf(batch, 'j');
    const { dataDir } = batch;
    await batch.emulator.close();
    batch = await startBatch({ dataDir });
    await until(() => !existsSync(join(node!.root, 'workitems/j/job-1/t')));
    expect(existsSync(node!.root)).toBe(true);
  });
});

test('a node that waits for its task does not keep virtual time from moving on', async () => {
  batch = await startBatch({ virtualTime: true, simulation: { tasks: [{ duration: 'PT1H' }] } });
  await addPoolAndJob(batch.client, 'j');
  await batch.client.job.disable('j', 'wait');
  await batch.client.task.add('j', { id: 't', commandLine: 'simulated' });
  await Promise.all([
    batch.client.job.enable('j'),
    batch.client.pool.resize('j', {
      targetDedicatedNodes: 0,
      nodeDeallocationOption: 'taskcompletion',
    }),
  ]);
  await until(async () => {
    const { allocationState, currentDedicatedNodes } = await batch.client.pool.get('j');
    return allocationState === 'steady' && currentDedicatedNodes === 0;
  });
  const { state, executionInfo } = await batch.client.task.get('j', 't');
  expect(['active', 'completed']).toContain(state);
  expect(executionInfo).toMatchObject({ retryCount: 0, requeueCount: 0 });
});

describe('start tasks that are made to fail', () => {
  const pool = (id: string, waitForSuccess: boolean) =>
    poolOf(id, { startTask: { commandLine: 'true', waitForSuccess, maxTaskRetryCount: 2 } });
  const failed = {
    startTaskInfo: {
      state: 'completed',
      exitCode: 1,
      retryCount: 2,
      result: 'failure',
      failureInfo: { code: 'FailureExitCode' },
    },
  };

  test('leave their nodes without tasks, which go to nodes that fare better', async () => {
    batch = await startBatch({ admin: true, faults: { nodes: { startTaskFailure: 1 } } });
    await batch.client.pool.add(pool('p', true));
    await batch.client.job.add({ id: 'j', poolInfo: { poolId: 'p' } });
    await batch.client.task.add('j', { id: 't', commandLine: 'true' });
    const node = async () => (await batch.client.computeNode.list('p'))[0];
    await until(async () => (await node())?.state === 'starttaskfailed');
    expect(await node()).toMatchObject(failed);
    expect((await batch.client.task.get('j', 't')).state).toBe('active');
    await admin(batch, 'PUT', 'faults', {});
    await batch.client.pool.resize('p', { targetDedicatedNodes: 2 });
    const { t } = await completedTasks(batch.client, 'j');
    expect(t?.executionInfo?.exitCode).toBe(0);
  });

  test('do not concern nodes that do not wait for them, or have none', async () => {
    batch = await startBatch({ admin: true, faults: { nodes: { startTaskFailure: 1 } } });
    await batch.client.pool.add(pool('lenient', false));
    await batch.client.pool.add(poolOf('plain'));
    for (const id of ['lenient', 'plain']) {
      await until(async () => (await batch.client.computeNode.list(id))[0]?.state === 'idle');
    }
    expect((await batch.client.computeNode.list('lenient'))[0]).toMatchObject(failed);
  });
});
