import { afterEach, describe, expect, test } from 'vitest';
import { addPoolAndJob, errorOf, poolOf, startBatch, until, type TestBatch } from './emulator.ts';
import { raw } from './raw.ts';

let batch: TestBatch;

afterEach(() => batch.close());

/** Long enough to be seen, short enough to wait for. */
const slow = { delays: { allocation: 1500, creating: 500, starting: 500 } };

describe('the life of a pool', () => {
  test('a pool is resizing without nodes, then steady while its nodes are creating, starting and idle', async () => {
    batch = await startBatch(slow);
    await batch.client.pool.add(
      poolOf('Life', { targetDedicatedNodes: 2, targetLowPriorityNodes: 1, taskSlotsPerNode: 4 }),
    );
    const early = await batch.client.pool.get('life');
    expect(early).toMatchObject({
      id: 'Life',
      allocationState: 'resizing',
      currentDedicatedNodes: 0,
      targetDedicatedNodes: 2,
    });
    const seen = new Set<string>();
    await until(async () => {
      const [pool, nodes] = [
        await batch.client.pool.get('Life'),
        await batch.client.computeNode.list('Life'),
      ];
      for (const node of nodes) seen.add(`${pool.allocationState} ${node.state}`);
      return nodes.length === 3 && nodes.every((node) => node.state === 'idle');
    });
    seen.delete('resizing creating');
    expect([...seen]).toEqual(['steady creating', 'steady starting', 'steady idle']);
    expect(await batch.client.pool.get('Life')).toMatchObject({
      currentDedicatedNodes: 2,
      currentLowPriorityNodes: 1,
    });
  });

  test('a pool reads back with the defaults of the service', async () => {
    batch = await startBatch();
    await batch.client.pool.add(
      poolOf('defaults', { targetDedicatedNodes: 0, metadata: [{ name: 'a', value: 'b' }] }),
    );
    const { body } = { body: (await batch.client.pool.get('defaults'))._response.parsedBody };
    expect(body).toMatchObject({
      state: 'active',
      allocationState: 'steady',
      vmSize: 'standard_d2as_v5',
      resizeTimeout: 'PT15M',
      targetLowPriorityNodes: 0,
      enableAutoScale: false,
      enableInterNodeCommunication: false,
      taskSlotsPerNode: 1,
      taskSchedulingPolicy: { nodeFillType: 'Spread' },
      metadata: [{ name: 'a', value: 'b' }],
      url: `${batch.emulator.url}/pools/defaults`,
    });
  });

  test('nodes have the ids, addresses and urls of the service', async () => {
    batch = await startBatch();
    await addPoolAndJob(batch.client, 'nodes', {
      pool: { targetDedicatedNodes: 1, targetLowPriorityNodes: 1 },
    });
    const nodes = await batch.client.computeNode.list('nodes');
    expect(nodes.map((node) => node.id).toSorted()).toEqual([
      expect.stringMatching(/^tvmps_[0-9a-f]{64}_[dp]$/),
      expect.stringMatching(/^tvmps_[0-9a-f]{64}_[dp]$/),
    ]);
    const [first] = nodes;
    const node = await batch.client.computeNode.get('nodes', first?.id ?? '');
    expect(node).toMatchObject({
      state: 'idle',
      schedulingState: 'enabled',
      affinityId: `TVM:${first?.id}`,
      runningTasksCount: 0,
    });
    expect(new Set(nodes.map(({ ipAddress }) => ipAddress))).toEqual(
      new Set(['10.0.0.4', '10.0.0.5']),
    );
    expect(await errorOf(batch.client.computeNode.get('nodes', 'none'))).toEqual({
      status: 404,
      code: 'NodeNotFound',
    });
  });

  test('node counts tell how many nodes are in which state, at most ten pools a page', async () => {
    batch = await startBatch();
    await addPoolAndJob(batch.client, 'counted');
    for (let number = 0; number < 10; number++) {
      await batch.client.pool.add(poolOf(`other${number}`, { targetDedicatedNodes: 0 }));
    }
    const page = await batch.client.account.listPoolNodeCounts();
    expect(page).toHaveLength(10);
    expect(page[0]).toMatchObject({
      poolId: 'counted',
      dedicated: { idle: 1, total: 1 },
      lowPriority: { total: 0 },
    });
    expect(
      await batch.client.account.listPoolNodeCountsNext(page.odatanextLink ?? ''),
    ).toHaveLength(1);
  });
});

describe('resizing', () => {
  test('a resize is refused while another goes on, and stopping keeps the nodes that are there', async () => {
    batch = await startBatch({ delays: { allocation: 400 } });
    await batch.client.pool.add(poolOf('p', { targetDedicatedNodes: 3 }));
    expect(await errorOf(batch.client.pool.resize('p', { targetDedicatedNodes: 1 }))).toEqual({
      status: 409,
      code: 'PoolBeingResized',
    });
    await batch.client.pool.stopResize('p');
    expect((await batch.client.pool.get('p')).allocationState).toBe('stopping');
    await until(async () => (await batch.client.pool.get('p')).allocationState === 'steady');
    expect(await batch.client.pool.get('p')).toMatchObject({
      currentDedicatedNodes: 0,
      targetDedicatedNodes: 3,
      resizeErrors: [{ code: 'ResizeStopped' }],
    });
  });

  test('a pool grows and shrinks to its targets', async () => {
    batch = await startBatch();
    await addPoolAndJob(batch.client, 'p');
    for (const target of [3, 1, 0]) {
      await batch.client.pool.resize('p', { targetDedicatedNodes: target });
      await until(async () => {
        const pool = await batch.client.pool.get('p');
        return pool.allocationState === 'steady' && pool.currentDedicatedNodes === target;
      });
    }
    expect((await batch.client.pool.get('p')).resizeErrors).toBeUndefined();
  });

  test.each([
    ['requeue', 'active', undefined],
    ['terminate', 'completed', 'TaskEnded'],
  ] as const)(
    'a running task on a node that leaves with %s becomes %s',
    async (option, state, code) => {
      batch = await startBatch();
      await addPoolAndJob(batch.client, 'p');
      await batch.client.task.add('p', { id: 't', commandLine: 'sleep 60' });
      await until(async () => (await batch.client.task.get('p', 't')).state === 'running');
      await batch.client.pool.resize('p', {
        targetDedicatedNodes: 0,
        nodeDeallocationOption: option,
      });
      await until(async () => (await batch.client.computeNode.list('p')).length === 0);
      const task = await batch.client.task.get('p', 't');
      expect(task.state).toBe(state);
      expect(task.executionInfo?.failureInfo?.code).toBe(code);
      expect(task.executionInfo?.requeueCount).toBe(option === 'requeue' ? 1 : 0);
    },
  );

  test('with taskcompletion a node stays until its task is done', async () => {
    batch = await startBatch();
    await addPoolAndJob(batch.client, 'p');
    await batch.client.task.add('p', { id: 't', commandLine: 'sleep 0.5' });
    await until(async () => (await batch.client.task.get('p', 't')).state === 'running');
    await batch.client.pool.resize('p', {
      targetDedicatedNodes: 0,
      nodeDeallocationOption: 'taskcompletion',
    });
    await until(async () => (await batch.client.computeNode.list('p'))[0]?.state === 'leavingpool');
    await until(async () => (await batch.client.computeNode.list('p')).length === 0);
    expect((await batch.client.task.get('p', 't')).executionInfo).toMatchObject({
      exitCode: 0,
      requeueCount: 0,
    });
  });
});

describe('deleting', () => {
  test('a deleted pool is deleting, gives its tasks back to their job, and is gone', async () => {
    batch = await startBatch();
    await addPoolAndJob(batch.client, 'p');
    await batch.client.task.add('p', { id: 't', commandLine: 'sleep 60' });
    await until(async () => (await batch.client.task.get('p', 't')).state === 'running');
    await batch.client.pool.deleteMethod('p');
    expect((await batch.client.pool.get('p')).state).toBe('deleting');
    expect(await errorOf(batch.client.pool.deleteMethod('p'))).toEqual({
      status: 409,
      code: 'PoolBeingDeleted',
    });
    await until(async () => !(await batch.client.pool.exists('p')).body);
    expect(await batch.client.task.get('p', 't')).toMatchObject({
      state: 'active',
      executionInfo: { requeueCount: 1 },
    });
    expect(await errorOf(batch.client.pool.get('p'))).toEqual({
      status: 404,
      code: 'PoolNotFound',
    });
  });

  test('a pool of the same id takes up the waiting tasks', async () => {
    batch = await startBatch();
    await batch.client.job.add({ id: 'j', poolInfo: { poolId: 'LATER' } });
    await batch.client.task.add('j', { id: 't', commandLine: 'true' });
    await batch.client.pool.add(poolOf('later'));
    await until(async () => (await batch.client.task.get('j', 't')).state === 'completed');
    expect((await batch.client.task.get('j', 't')).nodeInfo?.poolId).toBe('later');
  });
});

describe('what is refused', () => {
  test('a pool whose id differs only in case exists already', async () => {
    batch = await startBatch();
    await batch.client.pool.add(poolOf('Same', { targetDedicatedNodes: 0 }));
    expect(await errorOf(batch.client.pool.add(poolOf('sAME')))).toEqual({
      status: 409,
      code: 'PoolExists',
    });
  });

  test.each([
    ['an id with a blank', { id: 'a b' }, 400, 'InvalidPropertyValue', 'id'],
    ['a missing vmSize', { vmSize: null }, 400, 'MissingRequiredProperty', 'vmSize'],
    [
      'no image',
      { virtualMachineConfiguration: null },
      400,
      'MissingRequiredProperty',
      'virtualMachineConfiguration',
    ],
    ['an unknown property', { colour: 'red' }, 400, 'UnsupportedProperty', 'colour'],
    ['too many slots', { taskSlotsPerNode: 257 }, 400, 'InvalidPropertyValue', 'taskSlotsPerNode'],
    [
      'a short resize timeout',
      { resizeTimeout: 'PT1M' },
      400,
      'InvalidPropertyValue',
      'resizeTimeout',
    ],
    [
      'a start task without a command',
      { startTask: {} },
      400,
      'MissingRequiredProperty',
      'startTask.commandLine',
    ],
    [
      'a package that is not there',
      { applicationPackageReferences: [{ applicationId: 'none', version: '1' }] },
      409,
      'InvalidApplicationPackageReferences',
      'none:1',
    ],
    [
      'autoscale with a target',
      { enableAutoScale: true, autoScaleFormula: '' },
      400,
      'InvalidPropertyValue',
      'targetDedicatedNodes',
    ],
    ['mounts', { mountConfiguration: [{}] }, 501, 'NotEmulated', 'mountConfiguration'],
  ])('%s', async (_, change, ...[status, code, named]) => {
    batch = await startBatch();
    const response = await raw(batch.emulator, {
      method: 'POST',
      path: '/pools',
      body: { ...poolOf('p'), ...change },
    });
    expect(response).toMatchObject({ status, json: { code } });
    expect(response.text).toContain(named);
  });
});

test('a patch replaces only what it gives', async () => {
  batch = await startBatch();
  await batch.client.pool.add(
    poolOf('p', {
      targetDedicatedNodes: 0,
      displayName: 'kept',
      metadata: [{ name: 'a', value: '1' }],
    }),
  );
  await batch.client.pool.patch('p', { metadata: [{ name: 'b', value: '2' }] });
  expect(await batch.client.pool.get('p')).toMatchObject({
    displayName: 'kept',
    metadata: [{ name: 'b', value: '2' }],
  });
});
