import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ACCOUNTS } from '../../local/stack/accounts.ts';
import { byName, pipelineFile, until } from '../e2e/harness.ts';
import { type Gated, post, startGated } from './gated.ts';
import { deliver, storageEvent } from './send-event.ts';

let sluice: Gated;
/** Past the gateway: what is written there fires no event. */
let silent: BlobServiceClient;
const COMMAND = 'cat "$INPUT" > "$OUTPUT_DIR/out.txt"';

beforeAll(async () => {
  sluice = await startGated({ settings: { SLUICE_RECONCILE_AFTER_SECONDS: '0' } });
  const { name, key } = ACCOUNTS.storage;
  silent = new BlobServiceClient(sluice.urls.azurite, new StorageSharedKeyCredential(name, key));
});
afterAll(() => sluice.close());

async function write(container: string, name: string, body: string): Promise<string> {
  const { etag } = await silent
    .getContainerClient(container)
    .getBlockBlobClient(name)
    .upload(body, body.length);
  return etag!;
}

/** Compares the listing with the ledger until that has told something of each pipeline, which it does once. */
function reconciled(...names: string[]): Promise<(object | undefined)[]> {
  const told = new Map<string, object>();
  return until(`something is told of ${names.join(' and ')}`, async () => {
    const { value } = await post<{ value: { pipeline: string }[] }>(`${sluice.urls.api}/reconcile`);
    for (const each of value) told.set(each.pipeline, each);
    return names.every((name) => told.has(name)) ? names.map((name) => told.get(name)) : null;
  });
}

test('a drop whose record was all that could be written is found again, and others are found meanwhile', async () => {
  for (const name of ['half-noted', 'noted']) {
    await sluice.apply(pipelineFile({ name, command: COMMAND }));
    await write(name, 'a', 'a');
  }
  sluice.storageGate.judge = ({ method, url }) =>
    method === 'PUT' && url.includes('/ledger/half-noted/pending/') ? { status: 403 } : 'forward';
  const [half, whole] = await reconciled('half-noted', 'noted');
  expect(half).toEqual({ pipeline: 'half-noted', fault: expect.stringContaining('403') });
  expect(whole).toEqual({ pipeline: 'noted', found: 1 });
  await sluice.finished('noted', 1);
  sluice.storageGate.judge = () => 'forward';
  await until('it is noted whole', async () => {
    await post(`${sluice.urls.api}/reconcile`);
    return (await sluice.runs('half-noted')).length > 0 ? true : null;
  });
  expect(await sluice.finished('half-noted', 1)).toMatchObject([{ status: 'Succeeded' }]);
});

test('an older version whose event comes late does not replace the newer one that the listing told of', async () => {
  const name = 'late-event';
  await sluice.apply(pipelineFile({ name, command: COMMAND, settle: '3s' }));
  const older = await write(name, 'a', 'old');
  const newer = await write(name, 'a', 'new');
  expect(await reconciled(name)).toEqual([{ pipeline: name, found: 1 }]);
  await deliver(sluice.urls, storageEvent({ container: name, name: 'a', etag: older }));
  const [run] = await sluice.finished(name, 1);
  const item = byName(await sluice.manifest(run!.id)).get('a')!;
  expect(item).toMatchObject({ status: 'Succeeded', inputs: [{ etag: newer }] });
});
