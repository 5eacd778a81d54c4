import type { BatchManagementClient, Pool } from '@azure/arm-batch';
import { afterEach, describe, expect, test } from 'vitest';
import { armClientFor, group } from './arm-client.ts';
import { startBatch, until, type TestBatch } from './emulator.ts';

let batch: TestBatch;
let arm: BatchManagementClient;
const account = 'devbatch';

afterEach(() => batch.close());

async function start(): Promise<void> {
  batch = await startBatch();
  arm = armClientFor(batch.emulator);
}

const identityId =
  '/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/nodes';

const wanted: Pool = {
  identity: { type: 'UserAssigned', userAssignedIdentities: { [identityId]: {} } },
  displayName: 'A pool',
  vmSize: 'STANDARD_D2AS_V5',
  deploymentConfiguration: {
    virtualMachineConfiguration: {
      imageReference: { publisher: 'canonical', offer: 'ubuntu-24_04-lts', sku: 'server' },
      nodeAgentSkuId: 'batch.node.ubuntu 24.04',
    },
  },
  scaleSettings: { fixedScale: { targetDedicatedNodes: 1, targetLowPriorityNodes: 0 } },
  taskSlotsPerNode: 2,
  taskSchedulingPolicy: { nodeFillType: 'Pack' },
  interNodeCommunication: 'Disabled',
  metadata: [{ name: 'a', value: 'b' }],
};

describe('pools', () => {
  test('a pool with an identity is made, read by both planes, and starts its nodes', async () => {
    await start();
    const made = await arm.poolOperations.create(group, account, 'Made', wanted);
    expect(made).toMatchObject({
      name: 'Made',
      displayName: 'A pool',
      provisioningState: 'Succeeded',
      allocationState: 'Resizing',
      taskSlotsPerNode: 2,
      taskSchedulingPolicy: { nodeFillType: 'Pack' },
      interNodeCommunication: 'Disabled',
      scaleSettings: { fixedScale: { targetDedicatedNodes: 1, resizeTimeout: 'PT15M' } },
      deploymentConfiguration: wanted.deploymentConfiguration,
      metadata: wanted.metadata,
      etag: expect.stringMatching(/^W\/"0x8D[0-9A-F]+"$/),
    });
    expect(made.identity?.userAssignedIdentities?.[identityId]).toMatchObject({
      clientId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      principalId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    await until(async () => {
      const pool = await arm.poolOperations.get(group, account, 'made');
      return pool.allocationState === 'Steady' && pool.currentDedicatedNodes === 1;
    });
    const pool = await batch.client.pool.get('made');
    expect(pool).toMatchObject({
      id: 'Made',
      vmSize: 'standard_d2as_v5',
      identity: { type: 'UserAssigned', userAssignedIdentities: [{ resourceId: identityId }] },
      virtualMachineConfiguration: { nodeAgentSKUId: 'batch.node.ubuntu 24.04' },
    });
  });

  test('putting it again changes what may change; what may not is refused', async () => {
    await start();
    const { poolOperations } = arm;
    const small = { ...wanted, scaleSettings: { fixedScale: { targetDedicatedNodes: 0 } } };
    const made = await poolOperations.create(group, account, 'p', small);
    const metadata = [{ name: 'c', value: 'd' }];
    const again = await poolOperations.create(
      group,
      account,
      'p',
      { ...small, identity: { type: 'None' }, metadata },
      { ifMatch: made.etag ?? '' },
    );
    expect(again).toMatchObject({ metadata, identity: { type: 'None' } });
    expect(again.etag).not.toBe(made.etag);
    const stale = { ifMatch: made.etag ?? '' };
    await expect(poolOperations.create(group, account, 'p', small, stale)).rejects.toMatchObject({
      statusCode: 412,
    });
    await expect(
      poolOperations.create(group, account, 'p', small, { ifNoneMatch: '*' }),
    ).rejects.toMatchObject({ statusCode: 412 });
    await expect(
      poolOperations.create(group, account, 'p', { ...small, vmSize: 'STANDARD_D4' }),
    ).rejects.toMatchObject({ statusCode: 409, code: 'PropertyCannotBeUpdated' });
  });

  test('an update resizes and changes metadata', async () => {
    await start();
    const { poolOperations } = arm;
    const none = { fixedScale: { targetDedicatedNodes: 0 } };
    await poolOperations.create(group, account, 'p', { ...wanted, scaleSettings: none });
    const changed = await poolOperations.update(group, account, 'p', {
      scaleSettings: { fixedScale: { targetLowPriorityNodes: 2, targetDedicatedNodes: 1 } },
      metadata: [],
    });
    expect(changed).toMatchObject({
      allocationState: 'Resizing',
      resizeOperationStatus: { targetDedicatedNodes: 1, targetLowPriorityNodes: 2 },
      metadata: [],
      displayName: 'A pool',
    });
    await until(async () => (await batch.client.computeNode.list('p')).length === 3);
  });

  test('a pool scales itself by its formula until it is given a size', async () => {
    await start();
    const { poolOperations } = arm;
    const formula = '$TargetDedicatedNodes = 0;';
    const scaled = { ...wanted, scaleSettings: { autoScale: { formula } } };
    expect(await poolOperations.create(group, account, 'p', scaled)).toMatchObject({
      scaleSettings: { autoScale: { formula, evaluationInterval: 'PT15M' } },
    });
    await until(async () => {
      const { autoScaleRun } = await poolOperations.get(group, account, 'p');
      return autoScaleRun?.results?.includes('$TargetDedicatedNodes=0') === true;
    });
    const fixed = { scaleSettings: { fixedScale: { targetDedicatedNodes: 1 } } };
    const changed = await poolOperations.update(group, account, 'p', fixed);
    expect(changed.scaleSettings).toMatchObject({ fixedScale: { targetDedicatedNodes: 1 } });
    expect(changed.scaleSettings?.autoScale).toBeUndefined();
    await until(async () => (await batch.client.pool.get('p')).currentDedicatedNodes === 1);
    await poolOperations.create(group, account, 'q', scaled);
    const disabled = await poolOperations.disableAutoScale(group, account, 'q');
    expect(disabled.scaleSettings?.autoScale).toBeUndefined();
  });

  test('a start task and application packages are read back as they were given', async () => {
    await start();
    const packages = arm.applicationPackageOperations;
    await arm.applicationOperations.create(group, account, 'tool');
    const { storageUrl } = await packages.create(group, account, 'tool', '1');
    await fetch(storageUrl ?? '', { method: 'PUT', body: 'no zip' });
    const id = `/subscriptions/s/resourceGroups/g/providers/Microsoft.Batch/batchAccounts/${account}/applications/tool`;
    const pool: Pool = {
      ...wanted,
      scaleSettings: { fixedScale: { targetDedicatedNodes: 0 } },
      applicationPackages: [{ id, version: '1' }],
      startTask: {
        commandLine: 'true',
        waitForSuccess: true,
        maxTaskRetryCount: 2,
        userIdentity: { autoUser: { scope: 'Pool', elevationLevel: 'Admin' } },
      },
    };
    await expect(arm.poolOperations.create(group, account, 'p', pool)).rejects.toMatchObject({
      statusCode: 409,
      code: 'InvalidApplicationPackageReferences',
    });
    await packages.activate(group, account, 'tool', '1', { format: 'zip' });
    const made = await arm.poolOperations.create(group, account, 'p', pool);
    expect(made.startTask).toMatchObject(pool.startTask ?? {});
    expect(made.applicationPackages).toMatchObject([{ version: '1' }]);
  });

  test('pools are listed in pages, and deleted as the client polls it', async () => {
    await start();
    const { poolOperations } = arm;
    const none = { fixedScale: { targetDedicatedNodes: 0 } };
    for (const name of ['b', 'A', 'c']) {
      await poolOperations.create(group, account, name, { ...wanted, scaleSettings: none });
    }
    const names = [];
    for await (const pool of poolOperations.listByBatchAccount(group, account, { maxresults: 2 })) {
      names.push(pool.name);
    }
    expect(names).toEqual(['A', 'b', 'c']);
    await poolOperations.beginDeleteAndWait(group, account, 'b', { updateIntervalInMs: 10 });
    await expect(poolOperations.get(group, account, 'b')).rejects.toMatchObject({
      statusCode: 404,
      code: 'PoolNotFound',
    });
    // What is not there is deleted already.
    await poolOperations.beginDeleteAndWait(group, account, 'b', { updateIntervalInMs: 10 });
  });

  test('the deletion of a pool is done when it is gone, and another one of its name does not count', async () => {
    await start();
    await arm.poolOperations.create(group, account, 'p', wanted);
    await until(async () => (await batch.client.computeNode.list('p')).length === 1);
    const poller = await arm.poolOperations.beginDelete(group, account, 'p');
    await until(async () => (await batch.client.pool.list()).length === 0);
    await arm.poolOperations.create(group, account, 'p', wanted);
    await poller.pollUntilDone();
    expect((await batch.client.pool.get('p')).state).toBe('active');
  });

  const wrong: [string, Pool, string][] = [
    ['no machines', { vmSize: 'x' }, 'MissingRequiredProperty'],
    ['a wrong identity', { ...wanted, identity: { type: 'UserAssigned' } }, 'InvalidRequestBody'],
    [
      'an identity that is none',
      { ...wanted, identity: { type: 'UserAssigned', userAssignedIdentities: { me: {} } } },
      'InvalidRequestBody',
    ],
    ['too many slots', { ...wanted, taskSlotsPerNode: 1000 }, 'InvalidPropertyValue'],
    [
      'both ways to scale',
      { ...wanted, scaleSettings: { fixedScale: {}, autoScale: { formula: '' } } },
      'InvalidRequestBody',
    ],
  ];
  test.each(wrong)('a pool with %s is refused', async (_, pool, code) => {
    await start();
    await expect(arm.poolOperations.create(group, account, 'p', pool)).rejects.toMatchObject({
      statusCode: 400,
      code,
    });
    expect([...(await batch.client.pool.list())]).toEqual([]);
  });
});
