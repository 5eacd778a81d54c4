import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addPoolAndJob, completedTasks, errorOf, startBatch, type TestBatch } from './emulator.ts';
import { raw, type RawRequest } from './raw.ts';

let batch: TestBatch;
let nodeId: string;

const command = `/bin/sh -c "printf 0123456789 > out.txt; mkdir -p sub/deep; echo x > 'sub/deep/a b%.txt'; echo done"`;

beforeAll(async () => {
  batch = await startBatch();
  await addPoolAndJob(batch.client, 'Files', {
    pool: { targetDedicatedNodes: 1, taskSlotsPerNode: 4 },
  });
  await batch.client.task.add('Files', { id: 'Wrote', commandLine: command });
  const { Wrote } = await completedTasks(batch.client, 'Files');
  nodeId = Wrote?.nodeInfo?.nodeId ?? '';
  await batch.client.task.add('Files', { id: 'waits', commandLine: 'true', requiredSlots: 8 });
});

afterAll(() => batch.close());

const files = '/jobs/files/tasks/wrote/files';
const send = (path: string, others: Omit<RawRequest, 'path'> = {}) =>
  raw(batch.emulator, { path, ...others });

describe('lists', () => {
  test("a task's files are listed, what is in directories only when asked for", async () => {
    const flat = await batch.client.file.listFromTask('Files', 'Wrote');
    expect(flat.map(({ name, isDirectory }) => [name, isDirectory])).toEqual([
      ['stderr.txt', false],
      ['stdout.txt', false],
      ['wd', true],
    ]);
    expect(flat[2]?.properties).toBeUndefined();
    const all = await batch.client.file.listFromTask('Files', 'Wrote', { recursive: true });
    expect(all.map(({ name }) => name)).toEqual([
      'stderr.txt',
      'stdout.txt',
      'wd',
      'wd/out.txt',
      'wd/sub',
      'wd/sub/deep',
      'wd/sub/deep/a b%.txt',
    ]);
    expect(all[3]).toMatchObject({
      url: `${batch.emulator.url}/jobs/Files/tasks/Wrote/files/wd/out.txt`,
      properties: { contentLength: 10, contentType: 'application/octet-stream' },
    });
  });

  test("a node's files are listed from its root", async () => {
    const names = (await batch.client.file.listFromComputeNode('Files', nodeId)).map(
      ({ name }) => name,
    );
    expect(names).toEqual([
      'applications',
      'fsmounts',
      'shared',
      'startup',
      'volatile',
      'workitems',
    ]);
  });

  test('a list is filtered by the beginning of the name, and comes in pages', async () => {
    const filtered = await batch.client.file.listFromTask('Files', 'Wrote', {
      recursive: true,
      fileListFromTaskOptions: { filter: "startswith(name,'wd/sub')", maxResults: 2 },
    });
    expect(filtered.map(({ name }) => name)).toEqual(['wd/sub', 'wd/sub/deep']);
    const rest = await batch.client.file.listFromTaskNext(filtered.odatanextLink ?? '');
    expect(rest.map(({ name }) => name)).toEqual(['wd/sub/deep/a b%.txt']);
    expect(rest.odatanextLink).toBeUndefined();
  });

  test('a link to a directory is not followed', async () => {
    const loop = join(batch.dataDir, 'nodes', nodeId, 'shared', 'loop');
    await symlink('.', loop);
    const { json } = await send(
      `/pools/Files/nodes/${nodeId}/files?recursive=true&$filter=startswith(name,'shared')`,
    );
    expect(json).toMatchObject({ value: [{ name: 'shared' }] });
  });

  test.each(['recursive=maybe', "$filter=name eq 'a'", "$filter=startswith(id,'a')"])(
    '?%s is refused',
    async (query) => {
      expect(await send(`${files}?${encodeURI(query)}`)).toMatchObject({
        status: 400,
        json: { code: 'InvalidQueryParameterValue' },
      });
    },
  );
});

describe('content', () => {
  test('a file is read through the official client, also one with an odd name', async () => {
    expect(await text('wd/out.txt')).toBe('0123456789');
    expect(await text('wd/sub/deep/a b%.txt')).toBe('x\n');
    expect(await text('stdout.txt')).toBe('done\n');
    expect(await text('stderr.txt')).toBe('');
  });

  test('the path may be one encoded segment, or have slashes or backslashes', async () => {
    for (const path of ['wd%2Fout.txt', 'wd/out.txt', 'wd%5Cout.txt', '/wd/out.txt']) {
      expect(await send(`${files}/${path}`)).toMatchObject({ status: 200, text: '0123456789' });
    }
  });

  const ranges: [string, string][] = [
    ['bytes=0-3', '0123'],
    ['bytes=8-', '89'],
    ['bytes=-3', '789'],
    ['bytes=5-99', '56789'],
  ];
  test.each(ranges)('ocp-range %s gives %s, with status 200', async (range, expected) => {
    const response = await send(`${files}/wd/out.txt`, { headers: { 'ocp-range': range } });
    expect(response).toMatchObject({ status: 200, text: expected });
    expect(response.headers['content-length']).toBe(String(expected.length));
  });

  test.each(['bytes=10-', 'bytes=4-2', 'bytes=-', 'lines=1-2'])(
    'ocp-range %s is refused',
    async (range) => {
      const response = await send(`${files}/wd/out.txt`, { headers: { 'ocp-range': range } });
      expect(response).toMatchObject({ status: 416, json: { code: 'InvalidRange' } });
    },
  );

  test('properties come as headers, of directories, too', async () => {
    const properties = await batch.client.file.getPropertiesFromTask(
      'Files',
      'Wrote',
      'wd/out.txt',
    );
    expect(properties).toMatchObject({
      contentLength: 10,
      contentType: 'application/octet-stream',
      ocpBatchFileIsdirectory: false,
      ocpBatchFileUrl: `${batch.emulator.url}/jobs/Files/tasks/Wrote/files/wd/out.txt`,
    });
    expect(properties.ocpBatchFileMode).toMatch(/^0100[0-7]{3}$/);
    const age = Date.now() - (properties.ocpCreationTime?.getTime() ?? 0);
    expect(age).toBeLessThan(600_000);
    const directory = await send(`${files}/wd`, { method: 'HEAD' });
    expect(directory.headers['ocp-batch-file-isdirectory']).toBe('true');
  });

  test('a file that was not changed since is 304, one that was changed since 412', async () => {
    const since = { 'If-Modified-Since': new Date(Date.now() + 60_000).toUTCString() };
    expect(await send(`${files}/stdout.txt`, { headers: since })).toMatchObject({
      status: 304,
      text: '',
    });
    const unless = { 'If-Unmodified-Since': 'Mon, 01 Jan 2001 00:00:00 GMT' };
    expect(await send(`${files}/stdout.txt`, { headers: unless })).toMatchObject({
      status: 412,
      json: { code: 'ConditionNotMet' },
    });
  });

  test("a node's file is read from its root", async () => {
    const path = 'workitems/Files/job-1/Wrote/wd/out.txt';
    const { readableStreamBody } = await batch.client.file.getFromComputeNode(
      'Files',
      nodeId,
      path,
    );
    expect(await readAll(readableStreamBody)).toBe('0123456789');
    const { contentLength } = await batch.client.file.getPropertiesFromComputeNode(
      'Files',
      nodeId,
      path,
    );
    expect(contentLength).toBe(10);
  });
});

describe('what is not there', () => {
  const missing: [string, number, string][] = [
    ['/jobs/files/tasks/wrote/files/none.txt', 404, 'FileNotFound'],
    ['/jobs/files/tasks/wrote/files/stdout.txt/inside', 404, 'FileNotFound'],
    ['/jobs/files/tasks/wrote/files/..%2F..%2F..%2F..%2Fbatch.sqlite', 404, 'FileNotFound'],
    ['/jobs/files/tasks/wrote/files/wd', 409, 'OperationInvalidForCurrentState'],
    ['/jobs/files/tasks/none/files/stdout.txt', 404, 'TaskNotFound'],
    ['/jobs/none/tasks/none/files', 404, 'JobNotFound'],
    ['/jobs/files/tasks/waits/files', 409, 'TaskFilesUnavailable'],
    ['/pools/files/nodes/none/files', 404, 'NodeNotFound'],
    ['/pools/none/nodes/none/files', 404, 'PoolNotFound'],
  ];
  test.each(missing)('GET %s is %i %s', async (path, status, code) => {
    expect(await send(path)).toMatchObject({ status, json: { code } });
  });
});

describe('deleting', () => {
  test('a file goes, a directory that holds something only with recursive', async () => {
    const root = join(batch.dataDir, 'nodes', nodeId, 'shared');
    await mkdir(join(root, 'full'), { recursive: true });
    await writeFile(join(root, 'full', 'a.txt'), 'a');
    await writeFile(join(root, 'single.txt'), 'b');
    const { file } = batch.client;
    await file.deleteFromComputeNode('Files', nodeId, 'shared/single.txt');
    expect(await errorOf(file.deleteFromComputeNode('Files', nodeId, 'shared/full'))).toEqual({
      status: 409,
      code: 'OperationInvalidForCurrentState',
    });
    await file.deleteFromComputeNode('Files', nodeId, 'shared/full', { recursive: true });
    for (const path of ['shared/single.txt', 'shared/full']) {
      const again = file.deleteFromComputeNode('Files', nodeId, path);
      expect(await errorOf(again)).toEqual({ status: 404, code: 'FileNotFound' });
    }
  });

  test("a task's file goes, and when all its files are cleaned up that is said", async () => {
    await batch.client.task.add('Files', { id: 'Short', commandLine: 'true' });
    await completedTasksOf('Short');
    await batch.client.file.deleteFromTask('Files', 'Short', 'stdout.txt');
    expect(await errorOf(batch.client.file.deleteFromTask('Files', 'Short', 'stdout.txt'))).toEqual(
      {
        status: 404,
        code: 'FileNotFound',
      },
    );
    const directory = 'workitems/Files/job-1/Short';
    await batch.client.file.deleteFromComputeNode('Files', nodeId, directory, { recursive: true });
    expect(await errorOf(batch.client.file.listFromTask('Files', 'Short'))).toEqual({
      status: 409,
      code: 'TaskFilesCleanedup',
    });
  });
});

async function text(path: string): Promise<string> {
  const { readableStreamBody } = await batch.client.file.getFromTask('Files', 'Wrote', path);
  return readAll(readableStreamBody);
}

async function readAll(stream: NodeJS.ReadableStream | undefined): Promise<string> {
  let all = '';
  for await (const part of stream ?? []) all += String(part);
  return all;
}

async function completedTasksOf(id: string): Promise<void> {
  await expect
    .poll(async () => (await batch.client.task.get('Files', id)).state, { timeout: 20_000 })
    .toBe('completed');
}
