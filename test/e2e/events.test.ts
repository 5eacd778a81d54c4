import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Row } from '../../lib/store/ledger.ts';
import { ACCOUNTS } from '../../local/stack/accounts.ts';
import { type Gated, post, startGated } from '../chaos/gated.ts';
import { deliver, type EventFields, storageEvent } from '../chaos/send-event.ts';
import { byName, getJson, pipelineFile, type RunView, until } from './harness.ts';

let sluice: Gated;
/** Past the gateway: what is written there fires no event. */
let silent: BlobServiceClient;

beforeAll(async () => {
  sluice = await startGated({ settings: { SLUICE_RECONCILE_AFTER_SECONDS: '0' } });
  const { name, key } = ACCOUNTS.storage;
  silent = new BlobServiceClient(sluice.urls.azurite, new StorageSharedKeyCredential(name, key));
});
afterAll(() => sluice.close());

async function pipeline(name: string, more: Partial<Parameters<typeof pipelineFile>[0]> = {}) {
  const command = 'cat "$INPUT" > "$OUTPUT_DIR/out.txt"';
  await sluice.apply(pipelineFile({ name, command, ...more }));
}

/** Writes a blob of which nobody is told; its ETag. */
async function write(container: string, name: string, body: string): Promise<string> {
  const blob = silent.getContainerClient(container).getBlockBlobClient(name);
  const { etag } = await blob.upload(body, body.length);
  return etag!;
}

async function drops(name: string, state: 'pending' | 'set aside'): Promise<Row[]> {
  const url = `${sluice.urls.api}/drops?pipeline=${name}&state=${encodeURIComponent(state)}`;
  return (await getJson<{ value: Row[] }>(url)).value;
}

const send = (fields: EventFields) => deliver(sluice.urls, storageEvent(fields));

test.concurrent('an event that comes five times, also after its run, makes one item in one run', async () => {
  const name = 'dup';
  await pipeline(name);
  const etag = await write(name, 'a', 'x');
  const event = { container: name, name: 'a', etag };
  await Promise.all([send(event), send(event), send(event), send(event)]);
  await sluice.finished(name, 1);
  expect(await send(event)).toBe(202);
  await sluice.sweep();
  expect(await drops(name, 'pending')).toEqual([]);
  expect(await sluice.runs(name)).toHaveLength(1);
});

test.concurrent('an older version whose event comes after a newer one is superseded, also when the newer has run', async () => {
  const name = 'reordered';
  await pipeline(name);
  const older = await write(name, 'a', 'old');
  const newer = await write(name, 'a', 'new');
  await send({ container: name, name: 'a', etag: newer, sequencer: '00B' });
  await sluice.finished(name, 1);
  await send({ container: name, name: 'a', etag: older, sequencer: '00A' });
  await sluice.sweep();
  const [run] = await sluice.finished(name, 1);
  expect(byName(await sluice.manifest(run!.id)).get('a')!.inputs[0]!.etag).toBe(newer);
  expect((await rowsOf(name)).map(({ state }) => state).toSorted()).toEqual(['done', 'superseded']);
});

test.concurrent('a Data Lake file counts when it is closed, not when it is created, and may be renamed into place', async () => {
  const name = 'lake';
  await pipeline(name);
  const created = await write(name, 'a', '');
  await send({ container: name, name: 'a', etag: created, api: 'CreateFile', size: 0 });
  expect(await drops(name, 'pending')).toEqual([]);
  const closed = await write(name, 'a', 'data');
  await write(name, 'b', 'moved');
  await Promise.all([
    send({ container: name, name: 'a', etag: closed, api: 'FlushWithClose', sequencer: '2' }),
    send({ container: name, name: 'b', api: 'RenameFile', type: 'Microsoft.Storage.BlobRenamed' }),
    send({ container: name, name: 'c', api: 'RenameFile', type: 'Microsoft.Storage.BlobRenamed' }),
  ]);
  const runs = await sluice.finished(name, 2);
  const items = await Promise.all(runs.map(async ({ id }) => (await sluice.manifest(id)).items!));
  expect(
    items.flat().map(({ inputs, status }) => [inputs[0]!.name, inputs[0]!.size, status]),
  ).toEqual(
    expect.arrayContaining([
      ['a', 1, 'Succeeded'],
      ['b', 5, 'Succeeded'],
    ]),
  );
});

test.concurrent('an input that is overwritten before it is read is InputChanged, and the new version gets a run of its own', async () => {
  const name = 'overwritten';
  const command = 'sleep 2; cat "$INPUT" > "$OUTPUT_DIR/out.txt"';
  await pipeline(name, { command, slots: 1, settle: '1s' });
  // More than the pool has slots, so that the last ones wait for a node.
  const names = ['a', 'b', 'c', 'd', 'z'];
  await sluice.drop(name, Object.fromEntries(names.map((each) => [each, 'first'])));
  const first = await until('tasks run', async () => {
    const [run] = await sluice.runs(name);
    return Number((run?.counts['tasks'] as { running?: number })?.running) > 0 ? run! : null;
  });
  await sluice.drop(name, { z: 'second' });
  await sluice.finished(name, 6);
  const items = byName(await sluice.manifest(first.id));
  expect(items.get('z')).toMatchObject({ status: 'Failed', cause: 'InputChanged' });
  expect(items.get('a')).toMatchObject({ status: 'Succeeded' });
  const [second] = (await sluice.runs(name)).filter(({ id }) => id !== first.id) as [RunView];
  expect(second.status).toBe('Succeeded');
  const [item] = (await sluice.manifest(second.id)).items!;
  expect(item!.inputs[0]).toMatchObject({ name: 'z', size: 6 });
  expect(item!.inputs[0]!.etag).not.toBe(items.get('z')!.inputs[0]!.etag);
});

test.concurrent('events of other accounts, of our own containers and of no understandable form change nothing', async () => {
  const name = 'strange';
  await pipeline(name);
  const good = { container: name, name: 'a', etag: await write(name, 'a', 'x') };
  const topic =
    '/subscriptions/0/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/other';
  const deletion = { type: 'Microsoft.Storage.BlobDeleted', api: 'DeleteBlob' };
  const sent = [
    storageEvent({ ...good, topic }),
    storageEvent({ ...good, ...deletion }),
    storageEvent({ ...good, container: 'sluice' }),
    storageEvent({ ...good, container: 'sluice-work' }),
    { ...storageEvent(good), subject: 'nowhere' },
    { ...storageEvent(good), data: null },
    { ...storageEvent(good), data: { api: ['PutBlob'], eTag: { a: 1 } } },
    {},
  ];
  for (const event of sent) expect(await deliver(sluice.urls, event)).toBeLessThan(500);
  expect(await rowsOf(name)).toEqual([]);
  await send(good);
  await sluice.finished(name, 1);
});

test.concurrent('names that the storage client would rewrite, and records that cannot be read, are set aside with the reason', async () => {
  const name = 'aside';
  await pipeline(name, { settle: '2s' });
  for (const blob of ['a/../b', 'back\\slash', './c']) {
    await send({ container: name, name: blob, etag: '0x1' });
  }
  await send({ container: name, name: 'good', etag: await write(name, 'good', 'x') });
  await send({ container: name, name: 'torn', etag: await write(name, 'torn', 'x') });
  const control = sluice.blobs.getContainerClient('sluice');
  const torn = (await drops(name, 'pending')).find((row) => row.name === 'torn')!;
  const row = control.getBlockBlobClient(`ledger/${name}/rows/${torn.hash}`);
  await row.upload('{ not JSON', 10);
  const entry = control.getBlockBlobClient(`ledger/${name}/pending/${'0'.repeat(40)}`);
  await entry.upload('', 0, { metadata: { row: 'nothing' } });
  const [run] = await sluice.finished(name, 1);
  expect([...byName(await sluice.manifest(run!.id)).keys()]).toEqual(['good']);
  const aside = await until('all are set aside', async () => {
    const rows = await drops(name, 'set aside');
    return rows.length === 5 ? rows : null;
  });
  const reasons = aside.map((each) => [each.name, 'reason' in each ? each.reason : '']);
  for (const blob of ['a/../b', 'back\\slash', './c']) {
    expect(reasons).toContainEqual([blob, expect.stringContaining('cannot address')]);
  }
  expect(reasons).toContainEqual(['', expect.stringContaining('should hold JSON')]);
  expect(reasons).toContainEqual(['', expect.stringContaining('its row in the ledger is gone')]);
  expect(await drops(name, 'pending')).toEqual([]);
});

test.each([
  ['no pipeline', '', 404],
  ['an unknown pipeline', '?pipeline=none', 404],
  ['a state that is not listed', '?pipeline=dup&state=done', 400],
])('a listing of drops with %s is refused', async (_, query, status) => {
  expect((await fetch(`${sluice.urls.api}/drops${query}`)).status).toBe(status);
});

async function ask(body: unknown, key?: string): Promise<{ status: number; body: RunView }> {
  const response = await fetch(`${sluice.urls.api}/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key ? { 'idempotency-key': key } : {}) },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as RunView };
}

test.concurrent('forty requests with one key make one run, and so does one after it has ended', async () => {
  const name = 'asked';
  await pipeline(name);
  await write(name, 'a', 'x');
  const wanted = { pipeline: name, inputs: ['a'] };
  const answers = await Promise.all(Array.from({ length: 40 }, () => ask(wanted, 'key-1')));
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  const [run] = (await sluice.finished(name, 1)) as [RunView];
  expect(run).toMatchObject({ status: 'Succeeded', trigger: { kind: 'http' } });
  expect(await ask(wanted, 'key-1')).toMatchObject({ status: 200, body: { id: run.id } });
  const [still] = (await sluice.finished(name, 1)) as [RunView];
  expect(still.endedAt).toBe(run.endedAt);
  expect((await ask({ ...wanted, inputs: ['a', 'b'] }, 'key-1')).status).toBe(409);
  await write(name, 'b', 'x');
  expect(await ask({ ...wanted, inputs: ['b'] }, 'key-1')).toMatchObject({
    status: 409,
    body: { code: 'Conflict' },
  });
  expect((await ask(wanted)).status).toBe(201);
  await sluice.finished(name, 2);
  await sluice.blobs.getContainerClient(name).deleteBlob('a');
  expect(await ask(wanted, 'key-1')).toMatchObject({ status: 200, body: { id: run.id } });
});

test.each([
  ['a pipeline that is not there', { pipeline: 'none', inputs: ['a'] }, 404],
  ['no inputs', { pipeline: 'dup', inputs: [] }, 400],
  ['an input that is not there', { pipeline: 'dup', inputs: ['no'] }, 400],
  ['an input that cannot be addressed', { pipeline: 'dup', inputs: ['a/../a'] }, 400],
  ['a field too many', { pipeline: 'dup', inputs: ['a'], x: 1 }, 400],
  ['no object', [], 400],
])('a request for a run with %s is refused', async (_, body, status) => {
  expect((await ask(body)).status).toBe(status);
});

// Last and alone, since it looks at all pipelines.
test('a blob whose event never came is found by its listing, once, unless it is older than the pipeline', async () => {
  const name = 'reconciled';
  await silent.createContainer(name);
  await write(name, 'before.txt', 'x');
  // Listings tell whole seconds.
  const second = Math.floor(Date.now() / 1000);
  await until('the second of the upload is over', async () =>
    Date.now() / 1000 >= second + 1 ? true : null,
  );
  await pipeline(name, { match: '*.txt' });
  await write(name, 'missed.txt', 'x');
  await write(name, 'other.bin', 'x');
  await write(name, 'empty.txt', '');
  const told = await write(name, 'told.txt', 'x');
  await send({ container: name, name: 'told.txt', etag: told });
  const reconcile = () =>
    post<{ value: { pipeline: string; found: number }[] }>(`${sluice.urls.api}/reconcile`);
  const found = await until('the listing has been compared', async () => {
    const mine = (await reconcile()).value.find((each) => each.pipeline === name);
    return mine ?? null;
  });
  expect(found).toEqual({ pipeline: name, found: 1 });
  const runs = await sluice.finished(name, 2);
  const items = await Promise.all(runs.map(async ({ id }) => (await sluice.manifest(id)).items!));
  expect(
    items
      .flat()
      .map(({ inputs }) => inputs[0]!.name)
      .toSorted(),
  ).toEqual(['missed.txt', 'told.txt']);
  expect((await reconcile()).value).toEqual([]);
});

async function rowsOf(name: string): Promise<Row[]> {
  const control = sluice.blobs.getContainerClient('sluice');
  const rows: Row[] = [];
  for await (const blob of control.listBlobsFlat({ prefix: `ledger/${name}/rows/` })) {
    const body = await control.getBlobClient(blob.name).downloadToBuffer();
    rows.push(JSON.parse(body.toString()) as Row);
  }
  return rows;
}
