import type { BatchManagementClient, Pool } from '@azure/arm-batch';
import { BlockBlobClient } from '@azure/storage-blob';
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

describe('applications', () => {
  test('a package is created, uploaded, activated, and then seen by the data plane', async () => {
    await start();
    const { applicationOperations, applicationPackageOperations: packages } = arm;
    await applicationOperations.create(group, account, 'Tool', {
      parameters: { displayName: 'The tool', allowUpdates: false },
    });
    const pending = await packages.create(group, account, 'tool', '1.0');
    expect(pending).toMatchObject({ name: '1.0', state: 'Pending' });
    await expect(
      packages.activate(group, account, 'Tool', '1.0', { format: 'zip' }),
    ).rejects.toMatchObject({ statusCode: 409, code: 'ApplicationPackageBlobNotFound' });
    await new BlockBlobClient(pending.storageUrl ?? '').uploadData(Buffer.from('bytes'));
    const active = await packages.activate(group, account, 'Tool', '1.0', { format: 'zip' });
    expect(active).toMatchObject({ state: 'Active', format: 'zip' });
    expect(active.lastActivationTime).toBeInstanceOf(Date);
    expect([...(await batch.client.application.list())]).toEqual([
      { id: 'Tool', displayName: 'The tool', versions: ['1.0'] },
    ]);
    expect(await batch.client.application.get('tool')).toMatchObject({ versions: ['1.0'] });
    await expect(packages.create(group, account, 'Tool', '1.0')).rejects.toMatchObject({
      statusCode: 409,
    });
  });

  test('an upload in blocks is put together in the order of the list', async () => {
    await start();
    await arm.applicationOperations.create(group, account, 'tool');
    const { storageUrl } = await arm.applicationPackageOperations.create(
      group,
      account,
      'tool',
      '2',
    );
    const blob = new BlockBlobClient(storageUrl ?? '');
    const ids = ['a', 'b'].map((text) => Buffer.from(text).toString('base64'));
    await blob.stageBlock(ids[1] ?? '', 'second', 6);
    await blob.stageBlock(ids[0] ?? '', 'first ', 6);
    await expect(blob.commitBlockList([...ids, 'bm9uZQ=='])).rejects.toMatchObject({
      statusCode: 400,
    });
    await blob.commitBlockList(ids);
    const active = arm.applicationPackageOperations.activate(group, account, 'tool', '2', {
      format: 'zip',
    });
    expect((await active).state).toBe('Active');
    await expect(blob.uploadData(Buffer.from('late'))).rejects.toMatchObject({ statusCode: 409 });
  });

  test('an upload without the right signature is refused', async () => {
    await start();
    await arm.applicationOperations.create(group, account, 'tool');
    const { storageUrl } = await arm.applicationPackageOperations.create(
      group,
      account,
      'tool',
      '1',
    );
    const url = new URL(storageUrl ?? '');
    url.searchParams.set('se', '2999-01-01T00:00:00Z');
    await expect(
      new BlockBlobClient(url.toString()).uploadData(Buffer.from('x')),
    ).rejects.toMatchObject({ statusCode: 403 });
  });

  test('applications are changed, listed and deleted, with their packages', async () => {
    await start();
    const { applicationOperations: applications, applicationPackageOperations: packages } = arm;
    await applications.create(group, account, 'b');
    await applications.create(group, account, 'a');
    await expect(
      applications.update(group, account, 'a', { defaultVersion: '9' }),
    ).rejects.toMatchObject({ statusCode: 409, code: 'ApplicationPackageNotFound' });
    await packages.create(group, account, 'a', '9');
    const changed = await applications.update(group, account, 'a', {
      defaultVersion: '9',
      displayName: 'An a',
    });
    expect(changed).toMatchObject({ name: 'a', displayName: 'An a', defaultVersion: '9' });
    const names = [];
    for await (const { name } of applications.list(group, account)) names.push(name);
    expect(names).toEqual(['a', 'b']);
    await expect(packages.delete(group, account, 'a', '9')).rejects.toMatchObject({
      statusCode: 409,
    });
    await applications.delete(group, account, 'a');
    await expect(packages.get(group, account, 'a', '9')).rejects.toMatchObject({
      statusCode: 404,
      code: 'ApplicationNotFound',
    });
    await applications.create(group, account, 'a');
    const versions = [];
    for await (const { name } of packages.list(group, account, 'a')) versions.push(name);
    expect(versions).toEqual([]);
    await packages.create(group, account, 'a', '1');
    await packages.delete(group, account, 'a', '1');
    await expect(packages.get(group, account, 'a', '1')).rejects.toMatchObject({
      code: 'ApplicationPackageNotFound',
    });
  });

  test('names that would lead elsewhere are refused', async () => {
    await start();
    await expect(applications('a.b')).rejects.toMatchObject({ code: 'InvalidApplicationId' });
    await arm.applicationOperations.create(group, account, 'a');
    for (const version of ['...', 'a/b', 'a b']) {
      await expect(
        arm.applicationPackageOperations.create(group, account, 'a', version),
      ).rejects.toMatchObject({ code: 'InvalidApplicationVersion' });
    }
  });
});

function applications(name: string) {
  return arm.applicationOperations.create(group, account, name);
}
