import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import {
  addPoolAndJob,
  completedTasks,
  errorOf,
  poolOf,
  startBatch,
  until,
  type TestBatch,
} from './emulator.ts';
import { raw } from './raw.ts';

let batch: TestBatch;

afterEach(() => batch.close());

const forever = '/bin/sh -c "while true; do sleep 0.1; done"';

describe('scheduling on a node', () => {
  test('a node with scheduling disabled is offline, takes no tasks, and takes them again once enabled', async () => {
    batch = await startBatch();
    await addPoolAndJob(batch.client, 'p');
    const nodeId = await onlyNode();
    const { computeNode, task, job, account } = batch.client;
    await computeNode.disableScheduling('p', nodeId);
    const node = await computeNode.get('p', nodeId);
    expect(node).toMatchObject({ state: 'offline', schedulingState: 'disabled' });
    expect((await account.listPoolNodeCounts())[0]?.dedicated).toMatchObject({
      offline: 1,
      idle: 0,
    });
    const options = { computeNodeListOptions: { filter: "state eq 'offline'" } };
    expect(await computeNode.list('p', options)).toHaveLength(1);
    await task.add('p', { id: 't', commandLine: 'true' });
    // Another node would take it at once.
    await batch.client.pool.add(poolOf('other'));
    await untilIdle('other');
    expect((await job.getTaskCounts('p')).taskCounts.active).toBe(1);
    await computeNode.enableScheduling('p', nodeId);
    expect(await completedTasks(batch.client, 'p')).toMatchObject({
      t: { executionInfo: { result: 'success' } },
    });
  });

  const options = [
    ['requeue', 'active', 1],
    ['terminate', 'completed', 0],
    ['taskcompletion', 'running', 0],
  ] as const;
  test.each(options)(
    'with %s, a running task is %s afterwards',
    async (option, state, requeues) => {
      batch = await startBatch();
      await addPoolAndJob(batch.client, 'p');
      const nodeId = await onlyNode();
      const { computeNode, task } = batch.client;
      await task.add('p', { id: 't', commandLine: forever });
      await until(async () => (await task.get('p', 't')).state === 'running');
      await computeNode.disableScheduling('p', nodeId, { nodeDisableSchedulingOption: option });
      await until(async () => (await task.get('p', 't')).state === state);
      expect((await task.get('p', 't')).executionInfo?.requeueCount).toBe(requeues);
      const expected = option === 'taskcompletion' ? 'running' : 'offline';
      await until(async () => (await computeNode.get('p', nodeId)).state === expected);
    },
  );

  test('asking for what is so already, an unready node, and an unknown option are refused', async () => {
    batch = await startBatch({ delays: { starting: 60_000 } });
    await batch.client.pool.add(poolOf('slow'));
    const { computeNode } = batch.client;
    await until(async () => (await computeNode.list('slow')).length === 1);
    const [slow] = await computeNode.list('slow');
    expect(await errorOf(computeNode.disableScheduling('slow', slow?.id ?? ''))).toEqual({
      status: 409,
      code: 'NodeNotReady',
    });
    await batch.close();
    batch = await startBatch();
    await addPoolAndJob(batch.client, 'p');
    const nodeId = await onlyNode();
    const already = { status: 409, code: 'NodeAlreadyInTargetSchedulingState' };
    const { computeNode: node } = batch.client;
    expect(await errorOf(node.enableScheduling('p', nodeId))).toEqual(already);
    await node.disableScheduling('p', nodeId);
    expect(await errorOf(node.disableScheduling('p', nodeId))).toEqual(already);
    const response = await raw(batch.emulator, {
      method: 'POST',
      path: `/pools/p/nodes/${nodeId}/disablescheduling`,
      body: { nodeDisableSchedulingOption: 'wait' },
    });
    expect(response).toMatchObject({ status: 400, json: { code: 'InvalidPropertyValue' } });
  });
});

describe('removing nodes', () => {
  test('chosen nodes leave their pool, whose target follows, and their tasks run elsewhere', async () => {
    batch = await startBatch();
    await addPoolAndJob(batch.client, 'p', { pool: { targetDedicatedNodes: 2 } });
    const { pool, task, computeNode } = batch.client;
    await task.add('p', { id: 't', commandLine: forever });
    await until(async () => (await task.get('p', 't')).state === 'running');
    const first = (await task.get('p', 't')).nodeInfo?.nodeId ?? '';
    await pool.removeNodes('p', { nodeList: [first.toUpperCase()] });
    expect(await errorOf(pool.removeNodes('p', { nodeList: [first] }))).toEqual({
      status: 409,
      code: 'PoolBeingResized',
    });
    await until(async () => (await pool.get('p')).allocationState === 'steady');
    const nodes = (await computeNode.list('p')).map(({ id }) => id);
    expect(nodes).toHaveLength(1);
    expect(nodes).not.toContain(first);
    expect(await pool.get('p')).toMatchObject({
      targetDedicatedNodes: 1,
      currentDedicatedNodes: 1,
    });
    await until(async () => {
      const { state, nodeInfo, executionInfo } = await task.get('p', 't');
      return (
        state === 'running' && nodeInfo?.nodeId === nodes[0] && executionInfo?.requeueCount === 1
      );
    });
  });

  test('nodes that were leaving, disabled scheduling and addresses are kept through a restart', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'nodes-'));
    try {
      batch = await startBatch({ dataDir });
      await addPoolAndJob(batch.client, 'p', { pool: { targetDedicatedNodes: 3 } });
      const [leaving, disabled] = await batch.client.computeNode.list('p');
      await batch.client.computeNode.disableScheduling('p', disabled?.id ?? '');
      await batch.client.pool.removeNodes('p', { nodeList: [leaving?.id ?? ''] });
      await batch.close();
      batch = await startBatch({ dataDir });
      const { computeNode, pool } = batch.client;
      await until(async () => (await pool.get('p')).allocationState === 'steady');
      const nodes = await computeNode.list('p');
      expect(nodes.map(({ id }) => id)).not.toContain(leaving?.id);
      expect(nodes).toHaveLength(2);
      expect(nodes.find(({ id }) => id === disabled?.id)?.state).toBe('offline');
      expect((await pool.get('p')).targetDedicatedNodes).toBe(2);
      await pool.resize('p', { targetDedicatedNodes: 4 });
      await until(async () => (await computeNode.list('p')).length === 4);
      const addresses = (await computeNode.list('p')).map(({ ipAddress }) => ipAddress);
      expect(new Set(addresses).size).toBe(4);
    } finally {
      await batch.close();
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  test('what is no node of the pool, no list, and an empty one are refused', async () => {
    batch = await startBatch();
    await addPoolAndJob(batch.client, 'p');
    const send = (body: unknown) =>
      raw(batch.emulator, { method: 'POST', path: '/pools/p/removenodes', body });
    expect(await send({ nodeList: ['none'] })).toMatchObject({
      status: 404,
      json: { code: 'NodeNotFound' },
    });
    expect(await send({})).toMatchObject({ json: { code: 'MissingRequiredProperty' } });
    for (const nodeList of [[], 'none', Array.from({ length: 101 }, String)]) {
      expect(await send({ nodeList })).toMatchObject({ json: { code: 'InvalidPropertyValue' } });
    }
    expect(await batch.client.computeNode.list('p')).toHaveLength(1);
  });
});

async function onlyNode(): Promise<string> {
  const [node] = await batch.client.computeNode.list('p');
  return node?.id ?? '';
}

async function untilIdle(poolId: string): Promise<void> {
  await until(async () => {
    const nodes = await batch.client.computeNode.list(poolId);
    return nodes.length > 0 && nodes.every(({ state }) => state === 'idle');
  });
}
