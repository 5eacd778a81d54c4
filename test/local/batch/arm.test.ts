import type { BatchManagementClient, Pool } from '@azure/arm-batch';
import { afterEach, describe, expect, test } from 'vitest';
import { armClientFor, group, tokenFor } from './arm-client.ts';
import { startBatch, until, type TestBatch } from './emulator.ts';

let batch: TestBatch;
let arm: BatchManagementClient;
const account = 'devbatch';

afterEach(() => batch.close());

async function start(options: Parameters<typeof startBatch>[0] = {}): Promise<void> {
  batch = await startBatch(options);
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

describe('accounts', () => {
  test('the account tells its endpoint and its quotas', async () => {
    await start({ faults: { quotas: { dedicatedCores: 20, pools: 3 } } });
    const found = await arm.batchAccountOperations.get(group, account);
    expect(found).toMatchObject({
      name: account,
      type: 'Microsoft.Batch/batchAccounts',
      provisioningState: 'Succeeded',
      poolAllocationMode: 'BatchService',
      accountEndpoint: new URL(batch.emulator.url).host,
      dedicatedCoreQuota: 20,
      dedicatedCoreQuotaPerVMFamilyEnforced: false,
      lowPriorityCoreQuota: 1_000_000,
      poolQuota: 3,
    });
    expect(found.id).toMatch(
      /^\/subscriptions\/[^/]+\/resourceGroups\/rg\/providers\/Microsoft.Batch/,
    );
    expect(await arm.location.getQuotas('westeurope')).toMatchObject({ accountQuota: 1 });
    const listed = [];
    for await (const one of arm.batchAccountOperations.list()) listed.push(one.name);
    expect(listed).toEqual([account]);
  });

  test('another account is not found, and what is not emulated says so', async () => {
    await start();
    await expect(arm.batchAccountOperations.get(group, 'other')).rejects.toMatchObject({
      statusCode: 404,
      code: 'ResourceNotFound',
    });
    await expect(arm.batchAccountOperations.getKeys(group, account)).rejects.toMatchObject({
      statusCode: 501,
      code: 'NotEmulated',
    });
    await expect(
      arm.batchAccountOperations.update(group, account, { tags: {} }),
    ).rejects.toMatchObject({ statusCode: 405, code: 'MethodNotAllowed' });
  });
});

describe('authentication', () => {
  const management = 'https://management.azure.com/';
  test('without bearer tokens only the account key is accepted', async () => {
    await start();
    for (const token of ['', 'nonsense', tokenFor(management)]) {
      const client = armClientFor(batch.emulator, token);
      await expect(client.batchAccountOperations.get(group, account)).rejects.toMatchObject({
        statusCode: 401,
      });
    }
  });

  const refused: [string, string][] = [
    ['for the data plane', tokenFor('https://batch.core.windows.net/')],
    ['that has expired', tokenFor(management, -10)],
    ['that is none', 'nonsense'],
  ];
  test.each(refused)('with bearer tokens, one %s is refused', async (_, token) => {
    await start({ bearer: true });
    const client = armClientFor(batch.emulator, token);
    await expect(client.batchAccountOperations.get(group, account)).rejects.toMatchObject({
      statusCode: 401,
      code: 'InvalidAuthenticationToken',
    });
  });

  test('with bearer tokens, one for management is accepted', async () => {
    await start({ bearer: true });
    for (const audience of [management, 'https://management.core.windows.net']) {
      const client = armClientFor(batch.emulator, tokenFor(audience));
      expect((await client.batchAccountOperations.get(group, account)).name).toBe(account);
    }
  });

  test('a request without a version, or with an unknown one, is refused', async () => {
    await start();
    const headers = { authorization: `Bearer ${batch.emulator.key}` };
    const url = `${batch.emulator.url}/subscriptions/s/providers/Microsoft.Batch/batchAccounts`;
    const missing = await fetch(url, { headers });
    expect([missing.status, await missing.json()]).toMatchObject([
      400,
      { error: { code: 'MissingApiVersionParameter' } },
    ]);
    const unknown = await fetch(`${url}?api-version=2015-12-01`, { headers });
    expect(await unknown.json()).toMatchObject({ error: { code: 'InvalidApiVersionParameter' } });
  });
});

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
