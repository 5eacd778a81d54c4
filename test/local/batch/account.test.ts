import { afterEach, describe, expect, test } from 'vitest';
import { errorOf, poolOf, startBatch, type TestBatch } from './emulator.ts';
import { raw } from './raw.ts';

let batch: TestBatch;

afterEach(() => batch.close());

describe('supported images', () => {
  test('images are listed, with a filter and in pages', async () => {
    batch = await startBatch();
    const { account } = batch.client;
    const images = await account.listSupportedImages();
    expect(images).toContainEqual({
      nodeAgentSKUId: 'batch.node.ubuntu 22.04',
      imageReference: {
        publisher: 'canonical',
        offer: '0001-com-ubuntu-server-jammy',
        sku: '22_04-lts',
        version: 'latest',
      },
      osType: 'linux',
      verificationType: 'verified',
    });
    const filter = "nodeAgentSKUId eq 'batch.node.debian 12' and verificationType eq 'verified'";
    const debian = await account.listSupportedImages({
      accountListSupportedImagesOptions: { filter, maxResults: 1 },
    });
    expect(debian).toHaveLength(1);
    const rest = await account.listSupportedImagesNext(debian.odatanextLink ?? '');
    expect([...debian, ...rest].map(({ imageReference }) => imageReference.sku).toSorted()).toEqual(
      ['12', '12-gen2'],
    );
  });
});

describe('updating a pool', () => {
  test('a patch replaces what it gives, an update everything that may change', async () => {
    batch = await startBatch();
    const { pool } = batch.client;
    const metadata = [{ name: 'a', value: 'b' }];
    await pool.add(poolOf('p', { targetDedicatedNodes: 0, metadata }));
    await pool.patch('p', { targetNodeCommunicationMode: 'simplified' });
    expect(await pool.get('p')).toMatchObject({
      metadata,
      targetNodeCommunicationMode: 'simplified',
    });
    const before = (await pool.get('p')).eTag;
    await pool.updateProperties('p', {
      certificateReferences: [],
      applicationPackageReferences: [],
      metadata: [{ name: 'c', value: 'd' }],
    });
    const after = await pool.get('p');
    expect(after.metadata).toEqual([{ name: 'c', value: 'd' }]);
    expect(after.targetNodeCommunicationMode).toBeUndefined();
    expect(after.eTag).not.toBe(before);
  });

  test('an update that leaves out what it must replace, or meets another ETag, is refused', async () => {
    batch = await startBatch();
    await batch.client.pool.add(poolOf('p', { targetDedicatedNodes: 0 }));
    const update = { method: 'POST', path: '/pools/p/updateproperties' };
    expect(await raw(batch.emulator, { ...update, body: { metadata: [] } })).toMatchObject({
      status: 400,
      json: { code: 'MissingRequiredProperty' },
    });
    const headers = { 'If-Match': '0x8D0000000000000' };
    expect(await raw(batch.emulator, { ...update, headers, body: {} })).toMatchObject({
      status: 412,
    });
  });
});

test('an ordinary task has no subtasks', async () => {
  batch = await startBatch();
  await batch.client.job.add({ id: 'j', poolInfo: { poolId: 'none' } });
  await batch.client.task.add('j', { id: 't', commandLine: 'true' });
  expect(await batch.client.task.listSubtasks('j', 't')).toMatchObject({ value: [] });
  expect(await errorOf(batch.client.task.listSubtasks('j', 'none'))).toEqual({
    status: 404,
    code: 'TaskNotFound',
  });
});
