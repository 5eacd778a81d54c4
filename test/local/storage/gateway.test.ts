import { randomUUID } from 'node:crypto';
import { ContainerSASPermissions, StorageSharedKeyCredential } from '@azure/storage-blob';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { EventGridEvent } from '../../../local/events/event.ts';
import { parseSubscriptions } from '../../../local/events/subscription.ts';
import { WELL_KNOWN_ACCOUNT } from '../../../local/storage/account.ts';
import { startGateway, type Gateway } from '../../../local/storage/gateway.ts';
import {
  clientAt,
  namesIn,
  startStoragePart,
  startSubscriber,
  temporaryFolder,
} from './support.ts';

let gateway: Gateway;
let subscriber: Awaited<ReturnType<typeof startSubscriber>>;
let name: string;
const undo: (() => unknown)[] = [];

beforeAll(async () => {
  const cleanup = (step: () => unknown) => undo.unshift(step);
  const folder = temporaryFolder(cleanup);
  const azurite = await startStoragePart('azurite', `${folder}/azurite`, { cleanup });
  subscriber = await startSubscriber(cleanup);
  const filter = { subjectBeginsWith: '/blobServices/default/containers/incoming-' };
  gateway = await startGateway({
    azuriteUrl: azurite.ready.url,
    dataDir: `${folder}/gateway`,
    subscriptions: [{ name: 'all', endpoint: subscriber.url, filter }],
  });
  cleanup(() => gateway.close());
});

afterAll(async () => {
  for (const step of undo) await step();
});

beforeEach(() => {
  name = `incoming-${randomUUID()}`;
  subscriber.events.length = 0;
});

async function incoming() {
  const container = clientAt(gateway.url).getContainerClient(name);
  await container.createIfNotExists();
  return container;
}

/** All that was fired; `pending` has no entry when nothing is on its way. */
async function fired() {
  const isIdle = async () => {
    const response = await fetch(`${gateway.eventGridUrl}/counts`);
    const { pending } = (await response.json()) as { pending: Record<string, number> };
    return pending['all'] === undefined;
  };
  await vi.waitUntil(isIdle, { timeout: 5_000, interval: 5 });
  const inOrder = subscriber.events.toSorted((a, b) => (sequencerOf(a) < sequencerOf(b) ? -1 : 1));
  return inOrder;
}

function sequencerOf({ data }: EventGridEvent) {
  return String(data['sequencer']);
}

test('an upload becomes a BlobCreated with all that Event Grid tells', async () => {
  const blob = (await incoming()).getBlockBlobClient('logs/a b.gz');
  const blobHTTPHeaders = { blobContentType: 'application/gzip' };
  const uploaded = await blob.upload('hello', 5, { blobHTTPHeaders });
  const [event] = await fired();
  expect(event).toEqual({
    topic: expect.stringMatching(
      /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/\w+\/providers\/Microsoft.Storage\/storageAccounts\/devstoreaccount1$/,
    ),
    subject: `/blobServices/default/containers/${name}/blobs/logs/a b.gz`,
    eventType: 'Microsoft.Storage.BlobCreated',
    eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/),
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    data: {
      api: 'PutBlob',
      clientRequestId: uploaded.clientRequestId,
      requestId: uploaded.requestId,
      eTag: uploaded.etag,
      contentType: 'application/gzip',
      contentLength: 5,
      blobType: 'BlockBlob',
      url: blob.url,
      sequencer: expect.stringMatching(/^[0-9A-F]{32}$/),
      storageDiagnostics: { batchId: expect.any(String) },
    },
    dataVersion: '',
    metadataVersion: '1',
  });
});

test('a block list fires once, with the whole size, and its blocks fire nothing', async () => {
  const container = await incoming();
  const blob = container.getBlockBlobClient('large');
  const ids = ['1', '2', '3'].map((id) => Buffer.from(id).toString('base64'));
  for (const id of ids) await blob.stageBlock(id, Buffer.alloc(300_000, id), 300_000);
  const blobHTTPHeaders = { blobContentType: 'text/csv' };
  const { etag } = await blob.commitBlockList(ids, { blobHTTPHeaders });
  const events = await fired();
  expect(events).toHaveLength(1);
  expect(events[0]!.data).toMatchObject({
    api: 'PutBlockList',
    eTag: etag,
    contentLength: 900_000,
    contentType: 'text/csv',
  });
});

test('a copy fires CopyBlob and a delete fires BlobDeleted, in the order of their sequencers', async () => {
  const container = await incoming();
  const source = container.getBlockBlobClient('source');
  await source.upload('123', 3);
  const copy = container.getBlockBlobClient('copy');
  await (await copy.beginCopyFromURL(source.url)).pollUntilDone();
  await copy.delete();
  const [created, copied, deleted] = await fired();
  expect(created!.data['api']).toBe('PutBlob');
  expect(copied!.data).toMatchObject({ api: 'CopyBlob', contentLength: 3, url: copy.url });
  expect(deleted).toMatchObject({
    eventType: 'Microsoft.Storage.BlobDeleted',
    data: { api: 'DeleteBlob' },
  });
  expect(deleted!.data).not.toHaveProperty('eTag');
  expect(deleted!.data).not.toHaveProperty('contentLength');
});

test('what commits nothing fires nothing', async () => {
  const container = await incoming();
  const blob = container.getBlockBlobClient('quiet');
  await blob.upload('1', 1);
  await blob.setMetadata({ a: '1' });
  await blob.setHTTPHeaders({ blobContentType: 'text/plain' });
  await blob.createSnapshot();
  await blob.deleteIfExists({ deleteSnapshots: 'only' });
  const append = container.getAppendBlobClient('append');
  await append.create();
  await append.appendBlock('x', 1);
  await blob.download();
  await namesIn(container);
  expect((await fired()).map(({ data }) => data['api'])).toEqual(['PutBlob', 'PutBlob']);
});

test('a write that fails fires nothing', async () => {
  const container = await incoming();
  const wrong = new StorageSharedKeyCredential(
    WELL_KNOWN_ACCOUNT.name,
    Buffer.from('no').toString('base64'),
  );
  const stranger = clientAt(gateway.url, { key: wrong }).getContainerClient(name);
  await expect(stranger.getBlockBlobClient('a').upload('1', 1)).rejects.toMatchObject({
    statusCode: 403,
  });
  await expect(container.getBlockBlobClient('a').delete()).rejects.toMatchObject({
    statusCode: 404,
  });
  await container.getBlockBlobClient('b').upload('1', 1);
  const conditions = { ifNoneMatch: '*' };
  const again = container.getBlockBlobClient('b').upload('2', 1, { conditions });
  await expect(again).rejects.toMatchObject({ statusCode: 409 });
  expect((await fired()).map(({ subject }) => subject)).toEqual([
    `/blobServices/default/containers/${name}/blobs/b`,
  ]);
});

test('a client with a SAS fires as one with the key does', async () => {
  const expiresOn = new Date(Date.now() + 3_600_000);
  const permissions = ContainerSASPermissions.parse('cw');
  const url = new URL(await (await incoming()).generateSasUrl({ permissions, expiresOn }));
  url.pathname += '/by-sas';
  const headers = { 'x-ms-blob-type': 'BlockBlob' };
  const response = await fetch(url, { method: 'PUT', headers, body: 'abc' });
  expect(response.status).toBe(201);
  const [event] = await fired();
  expect(event!.data).toMatchObject({ contentLength: 3, eTag: response.headers.get('etag') });
  expect(event!.data['url']).toBe(`${gateway.url}/devstoreaccount1/${name}/by-sas`);
});

test('a container that no subscription looks at stays silent', async () => {
  const other = clientAt(gateway.url).getContainerClient('other');
  await other.create();
  await other.getBlockBlobClient('a').upload('1', 1);
  expect(await fired()).toEqual([]);
});

test.each([
  '$(touch x).gz',
  `quotes'"\`.gz`,
  'new\nline and\ttab',
  'percent%2Fnot-a-slash%25',
  '😀/ünïcode',
  '--leading-dash',
  'a+b c&d=e?f#g',
  'dir//double',
  'x'.repeat(250),
])('the blob name %j comes through byte for byte', async (blobName) => {
  const container = await incoming();
  const blob = container.getBlockBlobClient(blobName);
  await blob.upload('1', 1);
  const [event] = await fired();
  expect(event!.subject).toBe(`/blobServices/default/containers/${name}/blobs/${blobName}`);
  expect(event!.data['url']).toBe(blob.url);
  expect(await namesIn(container)).toContain(blobName);
});

test('of many writes to one blob at once, the one that stayed has the highest sequencer', async () => {
  const blob = (await incoming()).getBlockBlobClient('contested');
  const writes = Array.from({ length: 30 }, (_, n) => blob.upload(`${n}`, `${n}`.length));
  await Promise.all(writes);
  const events = await fired();
  expect(events).toHaveLength(30);
  const last = events.at(-1);
  expect(last!.data['eTag']).toBe((await blob.getProperties()).etag);
});

test('a blob batch is refused by name where deletes are wanted', async () => {
  const blob = (await incoming()).getBlockBlobClient('a');
  const batch = clientAt(gateway.url).getBlobBatchClient();
  await expect(batch.deleteBlobs([blob])).rejects.toMatchObject({ statusCode: 501 });
});

test('a subscription to events that storage does not fire here is refused by name', async () => {
  const endpoint = 'http://127.0.0.1:1';
  const filter = { includedEventTypes: ['Microsoft.Storage.BlobTierChanged'] };
  const subscriptions = parseSubscriptions([{ name: 'tiers', endpoint, filter }]);
  const started = startGateway({
    azuriteUrl: gateway.url,
    dataDir: temporaryFolder(),
    subscriptions,
  });
  await expect(started).rejects.toThrow(
    '"tiers" includes Microsoft.Storage.BlobTierChanged, which is not built',
  );
});
