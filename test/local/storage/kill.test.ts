import { writeFileSync } from 'node:fs';
import http from 'node:http';
import { expect, test, vi } from 'vitest';
import {
  clientAt,
  listening,
  startStoragePart,
  startSubscriber,
  temporaryFolder,
} from './support.ts';

async function setUp() {
  const folder = temporaryFolder();
  const azurite = await startStoragePart('azurite', `${folder}/azurite`);
  const subscriber = await startSubscriber();
  const direct = clientAt(azurite.ready.url).getContainerClient('incoming');
  await direct.create();
  writeFileSync(
    `${folder}/subscriptions.json`,
    JSON.stringify([{ name: 'all', endpoint: subscriber.url }]),
  );
  const startGateway = (azuriteUrl: string) =>
    startStoragePart('gateway', `${folder}/gateway`, {
      args: ['--azurite-url', azuriteUrl, '--subscriptions', `${folder}/subscriptions.json`],
    });
  return { folder, azurite, subscriber, direct, startGateway };
}

/** Stands between gateway and Azurite; hands a write on and keeps its answer back. */
async function startAnswerThief(azuriteUrl: string) {
  const stolen: number[] = [];
  const url = await listening(
    http.createServer((request, response) => {
      const { method = '', url: path = '', headers } = request;
      const onward = http.request(azuriteUrl + path, { method, headers });
      request.pipe(onward).on('response', (answer) => {
        if (method === 'PUT' || method === 'DELETE') stolen.push(answer.resume().statusCode ?? 0);
        else answer.pipe(response.writeHead(answer.statusCode ?? 0, answer.headers));
      });
    }),
  );
  return { url, stolen };
}

test('a gateway killed between a commit and its answer tells of it after its restart', async () => {
  const { azurite, subscriber, direct, startGateway } = await setUp();
  const thief = await startAnswerThief(azurite.ready.url);
  await direct.getBlockBlobClient('to-delete').upload('1', 1);
  const killed = await startGateway(thief.url);
  const container = clientAt(killed.ready.url).getContainerClient('incoming');
  const uploads = [
    container.getBlockBlobClient('put').upload('12345', 5),
    container.getBlockBlobClient('to-delete').delete(),
  ];
  const outcomes = Promise.allSettled(uploads);
  await vi.waitUntil(() => thief.stolen.length === 2);
  process.kill(killed.pid, 'SIGKILL');
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(subscriber.events).toEqual([]);

  await startGateway(azurite.ready.url);
  await vi.waitUntil(() => subscriber.events.length === 2, { timeout: 10_000 });
  const { etag } = await direct.getBlobClient('put').getProperties();
  const data = Object.fromEntries(
    subscriber.events.map((event) => [event.data['api'], event.data]),
  );
  expect(data).toMatchObject({ PutBlob: { eTag: etag, contentLength: 5 }, DeleteBlob: {} });
});

test('an answer that is lost while the gateway lives is made up for by asking', async () => {
  const { azurite, subscriber, startGateway } = await setUp();
  const thief = await startAnswerThief(azurite.ready.url);
  const gateway = await startGateway(thief.url);
  const container = clientAt(gateway.ready.url).getContainerClient('incoming');
  const abort = new AbortController();
  const upload = container.getBlockBlobClient('put').upload('1', 1, { abortSignal: abort.signal });
  await vi.waitUntil(() => thief.stolen.length === 1);
  abort.abort();
  await expect(upload).rejects.toThrow('aborted');
  await vi.waitUntil(() => subscriber.events.length === 1, { timeout: 10_000 });
});

test('a write that Azurite was killed under is told of once Azurite is back and the client tries again', async () => {
  const { folder, azurite, subscriber, startGateway } = await setUp();
  const gateway = await startGateway(azurite.ready.url);
  const container = clientAt(gateway.ready.url, { tries: 20 }).getContainerClient('incoming');
  const { port } = new URL(azurite.ready.url);
  const uploads = Array.from({ length: 60 }, async (_, n) =>
    container.getBlockBlobClient(`${n}`).upload('1', 1),
  );
  await uploads[0];
  process.kill(azurite.pid, 'SIGKILL');
  await azurite.ended;
  await startStoragePart('azurite', `${folder}/azurite`, { args: ['--port', port] });
  await Promise.all(uploads);
  const told = () => new Set(subscriber.events.map(({ subject }) => subject)).size;
  await vi.waitFor(() => expect(told()).toBe(60), { timeout: 10_000 });
});

test('a queued event survives kill -9 and is delivered once its subscriber is up', async () => {
  const { azurite, subscriber, startGateway } = await setUp();
  const killed = await startGateway(azurite.ready.url);
  const container = clientAt(killed.ready.url).getContainerClient('incoming');
  await container.getBlockBlobClient('first').upload('1', 1);
  await vi.waitUntil(() => subscriber.events.length === 1);
  await subscriber.down();
  for (const n of [1, 2, 3]) await container.getBlockBlobClient(`${n}`).upload('1', 1);
  process.kill(killed.pid, 'SIGKILL');
  await killed.ended;
  await startGateway(azurite.ready.url);
  await subscriber.up();
  await vi.waitFor(() => expect(subscriber.events.length).toBeGreaterThan(3), { timeout: 10_000 });
});
