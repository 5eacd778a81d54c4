import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BatchServiceModels } from '@azure/batch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStorage, type TestStorage } from './azurite.ts';
import { addPoolAndJob, completedTasks, startBatch, type TestBatch } from './emulator.ts';
import { nodesOf } from './nodes.ts';

let storage: TestStorage;
let batch: TestBatch;

beforeAll(async () => {
  [storage, batch] = await Promise.all([startStorage(), startBatch()]);
  await addPoolAndJob(batch.client, 'j', { pool: { taskSlotsPerNode: 4 } });
});

afterAll(async () => {
  await Promise.all([storage.close(), batch.close()]);
});

async function blobsOf(
  container: Awaited<ReturnType<TestStorage['container']>>,
): Promise<string[]> {
  const names: string[] = [];
  for await (const blob of container.client.listBlobsFlat()) names.push(blob.name);
  return names;
}

test('resource files get the mode they ask for, and a container only what has its prefix', async () => {
  const input = await storage.container('modes');
  for (const name of ['in/a.sh', 'in/deep/b.txt', 'other.txt']) {
    await input.client.uploadBlockBlob(name, 'x', 1);
  }
  const [base, sas] = input.url.split('?');
  await batch.client.task.add('j', {
    id: 'modes',
    commandLine: '/usr/bin/find . -type f',
    resourceFiles: [
      { httpUrl: `${base}/in/a.sh?${sas}`, filePath: 'run/a.sh', fileMode: '0755' },
      { httpUrl: `${base}/other.txt?${sas}`, filePath: 'plain.txt' },
      { storageContainerUrl: input.url, blobPrefix: 'in/', filePath: 'all' },
    ],
  });
  const { modes } = await completedTasks(batch.client, 'j');
  expect(modes?.executionInfo?.exitCode).toBe(0);
  const [node] = await nodesOf(batch, 'j');
  const found = (await node!.read('workitems/j/job-1/modes/stdout.txt')).trim().split('\n');
  expect(found.toSorted()).toEqual([
    './all/in/a.sh',
    './all/in/deep/b.txt',
    './plain.txt',
    './run/a.sh',
  ]);
  const modeOf = async (path: string) =>
    (await stat(join(node!.root, 'workitems/j/job-1/modes/wd', path))).mode & 0o777;
  expect(await modeOf('run/a.sh')).toBe(0o755);
  expect(await modeOf('plain.txt')).toBe(0o770);
});

test('a resource file that is not there fails its task, and tells which', async () => {
  const input = await storage.container('absent');
  const [base, sas] = input.url.split('?');
  await batch.client.task.add('j', {
    id: 'absent',
    commandLine: 'true',
    resourceFiles: [{ httpUrl: `${base}/none.txt?${sas}`, filePath: 'none.txt' }],
  });
  const { absent } = await completedTasks(batch.client, 'j');
  expect(absent?.executionInfo?.failureInfo).toMatchObject({
    category: 'usererror',
    code: 'BlobNotFound',
  });
  expect(JSON.stringify(absent?.executionInfo?.failureInfo?.details)).toContain('/absent/none.txt');
});

test.each([
  [0, ['always.txt', 'success.txt']],
  [1, ['always.txt', 'failure.txt']],
])('after exit code %i the conditions choose what is uploaded', async (code, expected) => {
  const output = await storage.container(`conditions-${code}`);
  const upload = (
    name: string,
    uploadCondition: BatchServiceModels.OutputFileUploadCondition,
  ): BatchServiceModels.OutputFile => ({
    filePattern: 'out.txt',
    destination: { container: { containerUrl: output.url, path: `${name}.txt` } },
    uploadOptions: { uploadCondition },
  });
  await batch.client.task.add('j', {
    id: `conditions-${code}`,
    commandLine: `/bin/sh -c 'echo x > out.txt; exit ${code}'`,
    outputFiles: [
      upload('success', 'tasksuccess'),
      upload('failure', 'taskfailure'),
      upload('always', 'taskcompletion'),
    ],
  });
  await completedTasks(batch.client, 'j');
  expect(await blobsOf(output)).toEqual(expected);
});

test('patterns know variables, sets and hidden files; a file that must be there and is not fails the task', async () => {
  const output = await storage.container('patterns');
  const upload = (filePattern: string, path: string): BatchServiceModels.OutputFile => ({
    filePattern,
    destination: {
      container: {
        containerUrl: output.url,
        path,
        uploadHeaders: [{ name: 'x-ms-blob-content-type', value: 'text/csv' }],
      },
    },
    uploadOptions: { uploadCondition: 'taskcompletion' },
  });
  await batch.client.task.addCollection('j', [
    {
      id: 'patterns',
      commandLine: `/bin/sh -c 'mkdir d; touch a1.csv b2.csv c3.csv .hidden.csv d/e.csv'`,
      environmentSettings: [{ name: 'KIND', value: 'csv' }],
      outputFiles: [
        upload('[ab]?.$KIND', 'set'),
        upload('[!a]3.csv', 'other'),
        upload('$AZ_BATCH_TASK_DIR/std*.txt', 'logs'),
        upload('${AZ_BATCH_TASK_WORKING_DIR}/**/*.csv', 'deep'),
        upload('nothing*.csv', 'none'),
      ],
    },
    { id: 'promised', commandLine: 'true', outputFiles: [upload('promised.txt', 'promised.txt')] },
  ]);
  const { patterns, promised } = await completedTasks(batch.client, 'j');
  expect(patterns?.executionInfo?.result).toBe('success');
  expect(promised?.executionInfo?.failureInfo?.code).toBe('FileUploadMiscError');
  expect(await blobsOf(output)).toEqual([
    'deep/a1.csv',
    'deep/b2.csv',
    'deep/c3.csv',
    'deep/d/e.csv',
    'logs/stderr.txt',
    'logs/stdout.txt',
    'other/c3.csv',
    'set/a1.csv',
    'set/b2.csv',
  ]);
  const { contentType } = await output.client.getBlobClient('deep/d/e.csv').getProperties();
  expect(contentType).toBe('text/csv');
});
