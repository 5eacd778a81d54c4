import { expect, test } from 'vitest';
import type { ContainerClient } from '@azure/storage-blob';
import { clientAt, namesIn, startStoragePart, temporaryFolder } from './support.ts';

test('what Azurite acknowledged is there after kill -9, whatever was under way', async () => {
  const dataDir = `${temporaryFolder()}/azurite`;
  const acknowledged = new Set<string>();
  for (let round = 0; round < 3; round++) {
    const azurite = await startStoragePart('azurite', dataDir);
    const container = clientAt(azurite.ready.url).getContainerClient('kept');
    await container.createIfNotExists();
    const writers = Array.from({ length: 8 }, (_, n) =>
      writeOn(container, `${round}-${n}`, acknowledged),
    );
    while (acknowledged.size < (round + 1) * 100) await new Promise(setImmediate);
    process.kill(azurite.pid, 'SIGKILL');
    await Promise.all(writers);
  }
  const azurite = await startStoragePart('azurite', dataDir);
  const container = clientAt(azurite.ready.url).getContainerClient('kept');
  const names = new Set(await namesIn(container));
  expect([...acknowledged].filter((name) => !names.has(name))).toEqual([]);
  for (const name of [...acknowledged].slice(-20)) {
    const content = await container.getBlobClient(name).downloadToBuffer();
    expect(content.toString()).toBe(`content of ${name}`);
  }
});

/** Uploads blobs one after the other until one fails. */
async function writeOn(container: ContainerClient, writer: string, acknowledged: Set<string>) {
  for (let n = 0; ; n++) {
    const name = `${writer}-${n}`;
    const content = `content of ${name}`;
    try {
      await container.getBlockBlobClient(name).upload(content, content.length);
      acknowledged.add(name);
    } catch {
      return;
    }
  }
}

test('overwrites, deletes, block lists, metadata, snapshots and leases outlive kill -9', async () => {
  const dataDir = `${temporaryFolder()}/azurite`;
  const first = await startStoragePart('azurite', dataDir);
  const before = clientAt(first.ready.url).getContainerClient('kept');
  await before.create({ metadata: { of: 'container' } });
  for (const content of ['one', 'two']) await before.getBlockBlobClient('over').upload(content, 3);
  const blob = before.getBlockBlobClient('blocks');
  const ids = ['a', 'b'].map((id) => Buffer.from(id).toString('base64'));
  for (const id of ids) await blob.stageBlock(id, 'block', 5);
  await blob.commitBlockList(ids);
  await blob.setMetadata({ key: 'value' });
  const { snapshot } = await blob.createSnapshot();
  await before.getBlockBlobClient('gone').upload('', 0);
  await before.getBlockBlobClient('gone').delete();
  await before
    .getBlockBlobClient('over')
    .getBlobLeaseClient('6'.repeat(8) + '-6666-6666-6666-666666666666')
    .acquireLease(-1);
  const { etag, lastModified } = await blob.getProperties();
  process.kill(first.pid, 'SIGKILL');

  const second = await startStoragePart('azurite', dataDir);
  const after = clientAt(second.ready.url).getContainerClient('kept');
  expect((await after.getProperties()).metadata).toEqual({ of: 'container' });
  expect(await namesIn(after)).toEqual(['blocks', 'over']);
  const kept = after.getBlockBlobClient('blocks');
  expect(await kept.getProperties()).toMatchObject({
    etag,
    lastModified,
    metadata: { key: 'value' },
  });
  expect(String(await kept.withSnapshot(snapshot!).downloadToBuffer())).toBe('blockblock');
  expect(String(await after.getBlobClient('over').downloadToBuffer())).toBe('two');
  await expect(after.getBlobClient('over').delete()).rejects.toMatchObject({ statusCode: 412 });
  await kept.upload('new', 3, { conditions: { ifMatch: etag! } });
  await expect(kept.upload('new', 3, { conditions: { ifMatch: etag! } })).rejects.toMatchObject({
    statusCode: 412,
  });
  await expect(kept.delete()).rejects.toMatchObject({ code: 'SnapshotsPresent' });
  await kept.delete({ deleteSnapshots: 'include' });
  expect(await namesIn(after)).toEqual(['over']);
});

test('Azurite ends with its parent and is ready within seconds', async () => {
  const azurite = await startStoragePart('azurite', `${temporaryFolder()}/azurite`);
  process.kill(azurite.pid, 'SIGTERM');
  expect(await azurite.ended).toBe('exit code 0');
});
