import type { BatchManagementClient } from '@azure/arm-batch';
import { afterEach, describe, expect, test } from 'vitest';
import { armClientFor, group, tokenFor } from './arm-client.ts';
import { startBatch, type TestBatch } from './emulator.ts';

let batch: TestBatch;
let arm: BatchManagementClient;
const account = 'devbatch';

afterEach(() => batch.close());

async function start(options: Parameters<typeof startBatch>[0] = {}): Promise<void> {
  batch = await startBatch(options);
  arm = armClientFor(batch.emulator);
}

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
