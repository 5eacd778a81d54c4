import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStorage, type TestStorage } from './azurite.ts';
import { addPoolAndJob, completedTasks, startBatch, type TestBatch } from './emulator.ts';

let storage: TestStorage;
let batch: TestBatch;

beforeAll(async () => {
  [storage, batch] = await Promise.all([startStorage(), startBatch()]);
});

afterAll(async () => {
  await Promise.all([storage.close(), batch.close()]);
});

test('a task fetches its resource files, runs its command and uploads its output files', async () => {
  const input = await storage.container('input');
  const output = await storage.container('output');
  await input.client.uploadBlockBlob('a/one.txt', 'one', 3);
  await input.client.uploadBlockBlob('a/two.txt', 'twotwo', 6);
  await addPoolAndJob(batch.client, 'happy', { pool: { targetDedicatedNodes: 2 } });
  const [base, sas] = input.url.split('?');
  await batch.client.task.addCollection('happy', [
    {
      id: 't1',
      commandLine: `/bin/sh -c 'cat files/single.txt a/*.txt > sum.txt; echo hello; echo oops >&2; mkdir -p d/e; echo x > d/e/x.log'`,
      resourceFiles: [
        { httpUrl: `${base}/a/one.txt?${sas}`, filePath: 'files/single.txt' },
        { storageContainerUrl: input.url, blobPrefix: 'a/' },
      ],
      outputFiles: [
        {
          filePattern: 'sum.txt',
          destination: { container: { containerUrl: output.url, path: 'results/t1.txt' } },
          uploadOptions: { uploadCondition: 'tasksuccess' },
        },
        {
          filePattern: '../std*.txt',
          destination: { container: { containerUrl: output.url, path: 'logs/t1' } },
          uploadOptions: { uploadCondition: 'taskcompletion' },
        },
        {
          filePattern: '**/*.log',
          destination: { container: { containerUrl: output.url, path: 'deep' } },
          uploadOptions: { uploadCondition: 'taskcompletion' },
        },
      ],
    },
  ]);
  const { t1 } = await completedTasks(batch.client, 'happy');
  expect(t1?.executionInfo).toMatchObject({
    exitCode: 0,
    result: 'success',
    retryCount: 0,
    requeueCount: 0,
  });
  const blobs: Record<string, string> = {};
  for await (const blob of output.client.listBlobsFlat()) {
    blobs[blob.name] = (await output.client.getBlobClient(blob.name).downloadToBuffer()).toString();
  }
  expect(blobs).toEqual({
    'results/t1.txt': 'oneonetwotwo',
    'logs/t1/stdout.txt': 'hello\n',
    'logs/t1/stderr.txt': 'oops\n',
    'deep/d/e/x.log': 'x\n',
  });
});
