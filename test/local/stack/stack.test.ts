import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ACCOUNTS } from '../../../local/stack/accounts.ts';
import { findRunningStack, readStackFile } from '../../../local/stack/stack-file.ts';
import { startStack, type StackOptions } from '../../../local/stack/stack.ts';
import { isAlive, temporaryFolder } from './support.ts';

const appDir = fileURLToPath(new URL('app', import.meta.url));

function optionsIn(dataDir: string): StackOptions {
  return {
    dataDir,
    appDir,
    functions: 'functions/*.ts',
    settings: ({ blob }) => ({ BLOB_URL: blob, SUBJECTS_FILE: `${dataDir}/subjects` }),
    subscriptions: ({ host }) => [
      { name: 'drop', endpoint: `${host}/runtime/webhooks/eventgrid?functionName=drop&code=key` },
    ],
  };
}

async function start(dataDir = temporaryFolder(), change: Partial<StackOptions> = {}) {
  const lines: string[] = [];
  const stack = await startStack({
    ...optionsIn(dataDir),
    log: (line) => lines.push(line),
    ...change,
  });
  onTestFinished(() => stack.close());
  return { stack, dataDir, lines };
}

function containerOf(blobUrl: string) {
  const credential = new StorageSharedKeyCredential(ACCOUNTS.storage.name, ACCOUNTS.storage.key);
  const retryOptions = { maxTries: 20, retryDelayInMs: 50, maxRetryDelayInMs: 200 };
  return new BlobServiceClient(blobUrl, credential, { retryOptions }).getContainerClient(
    'incoming',
  );
}

async function upload(blobUrl: string, name: string) {
  const container = containerOf(blobUrl);
  await container.createIfNotExists();
  await container.getBlockBlobClient(name).upload(name, name.length);
}

/** Waits until the app's function has been given the event of a blob. */
async function toldOf(dataDir: string, name: string) {
  const subject = `/blobServices/default/containers/incoming/blobs/${name}`;
  const isTold = () =>
    readFileSync(`${dataDir}/subjects`, { encoding: 'utf8', flag: 'a+' }).includes(subject);
  await vi.waitUntil(isTold, { timeout: 10_000, interval: 20 });
}

test('a stack serves app, storage, events and Batch, and says where', async () => {
  const { stack, dataDir } = await start();
  expect(stack.functions.map(({ name }) => name).toSorted()).toEqual(['drop', 'where']);
  const response = await fetch(`${stack.urls.api}/where`);
  expect(await response.json()).toEqual({ blob: stack.urls.blob });
  await upload(stack.urls.blob, 'hello');
  await toldOf(dataDir, 'hello');
  const unsigned = await fetch(`${stack.urls.batch}/pools?api-version=2024-07-01.20.0`);
  expect(unsigned.status).toBe(403);
  expect((await fetch(`${stack.urls.eventGrid}/counts`)).status).toBe(200);
  expect(findRunningStack(dataDir)).toMatchObject({
    urls: stack.urls,
    pid: process.pid,
    processes: stack.processes,
  });
});

test('a second stack on the same folder is refused by name', async () => {
  const { dataDir } = await start();
  const second = startStack(optionsIn(dataDir));
  await expect(second).rejects.toThrow(`A stack is already running on ${dataDir}`);
});

test('parts that are killed come back at the same URLs, with all they had', async () => {
  const { stack, dataDir, lines } = await start();
  await upload(stack.urls.blob, 'before');
  const before = stack.processes;
  for (const { pid } of before) process.kill(pid, 'SIGKILL');
  await upload(stack.urls.blob, 'after');
  await toldOf(dataDir, 'before');
  await toldOf(dataDir, 'after');
  expect(
    String(await containerOf(stack.urls.blob).getBlobClient('before').downloadToBuffer()),
  ).toBe('before');
  await vi.waitUntil(() => lines.filter((line) => line.endsWith('is up again.')).length === 4);
  const pids = new Set(before.map(({ pid }) => pid));
  expect(stack.processes.filter(({ pid }) => pids.has(pid))).toEqual([]);
  expect(readStackFile(dataDir)!.processes).toEqual(stack.processes);
});

test('closing leaves no process, and the next start goes on at the same URLs', async () => {
  const { stack, dataDir } = await start();
  await upload(stack.urls.blob, 'kept');
  const { processes, urls } = stack;
  await stack.close();
  expect(processes.filter(({ pid }) => isAlive(pid))).toEqual([]);
  expect(findRunningStack(dataDir)).toBeUndefined();
  const { stack: next } = await start(dataDir);
  expect(next.urls).toEqual(urls);
  expect(await containerOf(urls.blob).getBlobClient('kept').exists()).toBe(true);
});

test('a supervisor that is killed takes its parts with it, and a new one takes over at once', async () => {
  const dataDir = temporaryFolder();
  const module = new URL('../../../local/stack/stack.ts', import.meta.url).href;
  const script = `${temporaryFolder()}/supervisor.mjs`;
  const options = JSON.stringify({ dataDir, appDir, functions: 'functions/*.ts' });
  writeFileSync(
    script,
    `import { startStack } from '${module}'; await startStack(${options}); console.log('up');`,
  );
  const supervisor = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void supervisor.kill('SIGKILL'));
  await once(supervisor.stdout!, 'data');
  const { processes, urls } = findRunningStack(dataDir)!;
  await upload(urls.blob, 'kept');
  supervisor.kill('SIGKILL');
  await once(supervisor, 'exit');
  const { stack } = await start(dataDir);
  expect(stack.urls).toEqual(urls);
  // Orphans that have ended stay listed until the system has taken note.
  const left = () => processes.filter(({ pid }) => isAlive(pid));
  await vi.waitFor(() => expect(left()).toEqual([]), { timeout: 20_000 });
  expect(await containerOf(urls.blob).getBlobClient('kept').exists()).toBe(true);
});

test('an app that cannot be loaded is reported with its error, and nothing is left running', async () => {
  const dataDir = temporaryFolder();
  const broken = temporaryFolder();
  writeFileSync(`${broken}/package.json`, '{ "type": "module", "main": "main.js" }');
  writeFileSync(`${broken}/host.json`, '{ "version": "2.0" }');
  writeFileSync(`${broken}/main.js`, 'throw new Error("no such setting: COLOUR");');
  const { functions: _, ...options } = optionsIn(dataDir);
  const started = startStack({ ...options, appDir: broken });
  await expect(started).rejects.toThrow('The part "host" did not start');
  await expect(started).rejects.toThrow('no such setting: COLOUR');
  const { processes } = readStackFile(dataDir)!;
  expect(processes.filter(({ pid }) => isAlive(pid))).toEqual([]);
  await start(dataDir);
});
