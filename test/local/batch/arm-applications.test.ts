import { BlockBlobClient } from '@azure/storage-blob';
import type { BatchManagementClient } from '@azure/arm-batch';
import { afterEach, describe, expect, test } from 'vitest';
import { armClientFor, group } from './arm-client.ts';
import { startBatch, type TestBatch } from './emulator.ts';

let batch: TestBatch;
let arm: BatchManagementClient;
const account = 'devbatch';

afterEach(() => batch.close());

async function start(): Promise<void> {
  batch = await startBatch();
  arm = armClientFor(batch.emulator);
}

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
