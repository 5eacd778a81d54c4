import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startStorage, type TestStorage } from './azurite.ts';
import { addPoolAndJob, completedTasks, startBatch, until, type TestBatch } from './emulator.ts';
import { nodesOf } from './nodes.ts';
import { raw } from './raw.ts';

let storage: TestStorage;
let batch: TestBatch;

beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.close());
afterEach(() => batch.close());

describe('an output file', () => {
  test.each([
    ['above the task', '../../*/stdout.txt'],
    ['absolute', '/etc/hostname'],
    ['in another place of the node', '$AZ_BATCH_NODE_SHARED_DIR/*'],
    ['behind a link', 'link'],
    ['in a linked directory', 'linked/*'],
  ])('%s is not uploaded', async (_, filePattern) => {
    batch = await startBatch();
    const output = await storage.container(`safety-${Date.now()}`);
    await addPoolAndJob(batch.client, 'j');
    await batch.client.task.add('j', {
      id: 't',
      commandLine: `/bin/sh -c 'echo x > $AZ_BATCH_NODE_SHARED_DIR/secret; ln -s $AZ_BATCH_NODE_SHARED_DIR/secret link; ln -s $AZ_BATCH_NODE_SHARED_DIR linked'`,
      outputFiles: [
        {
          filePattern,
          destination: { container: { containerUrl: output.url, path: 'out' } },
          uploadOptions: { uploadCondition: 'taskcompletion' },
        },
      ],
    });
    const { t } = await completedTasks(batch.client, 'j');
    expect(t?.executionInfo).toMatchObject({
      exitCode: 0,
      result: 'failure',
      failureInfo: { code: 'FileUploadMiscError' },
    });
    const names: string[] = [];
    for await (const blob of output.client.listBlobsFlat()) names.push(blob.name);
    expect(names).toEqual([]);
  });
});

describe('a resource file', () => {
  test.each(['../out.txt', '/tmp/out.txt', 'a/../../out.txt', 'a\0b'])(
    'with the path %j is refused',
    async (filePath) => {
      batch = await startBatch();
      await batch.client.job.add({ id: 'j', poolInfo: { poolId: 'p' } });
      const response = await raw(batch.emulator, {
        method: 'POST',
        path: '/jobs/j/tasks',
        body: {
          id: 't',
          commandLine: 'true',
          resourceFiles: [{ httpUrl: 'http://127.0.0.1:1/x', filePath }],
        },
      });
      expect(response).toMatchObject({ status: 400, json: { code: 'InvalidPropertyValue' } });
    },
  );

  test('of a container whose blob has a name that leads elsewhere fails the task, and nothing is written', async () => {
    // A store of its own, because Azurite does not take such names.
    const xml = `<?xml version="1.0"?><EnumerationResults><Blobs><Blob><Name>../../evil.txt</Name><Properties/></Blob></Blobs><NextMarker/></EnumerationResults>`;
    const server = createServer((_, response) =>
      response.writeHead(200, { 'Content-Type': 'application/xml' }).end(xml),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    batch = await startBatch();
    await addPoolAndJob(batch.client, 'j');
    await batch.client.task.add('j', {
      id: 't',
      commandLine: 'true',
      resourceFiles: [{ storageContainerUrl: `http://127.0.0.1:${port}/account/container?sig=x` }],
    });
    const { t } = await completedTasks(batch.client, 'j');
    expect(t?.executionInfo?.failureInfo?.code).toBe('ResourceFileCreateFailed');
    const [node] = await nodesOf(batch, 'j');
    expect(existsSync(join(node!.root, 'workitems/j/evil.txt'))).toBe(false);
    expect(existsSync(join(node!.root, 'workitems/j/job-1/evil.txt'))).toBe(false);
    server.close();
  });
});

test('no secret is in what a failed task tells, in the logs, or on the command line of a process', async () => {
  batch = await startBatch();
  const secret = 'sig=hush123';
  await addPoolAndJob(batch.client, 'j', {
    pool: {
      startTask: {
        commandLine: 'true',
        resourceFiles: [{ httpUrl: `http://127.0.0.1:1/c/b?${secret}`, filePath: 'b' }],
        waitForSuccess: false,
      },
    },
  });
  const missing = await storage.container('missing');
  await missing.client.delete();
  const url = `${missing.url.split('?')[0]}?${secret}`;
  await batch.client.task.addCollection('j', [
    { id: 'blob', commandLine: 'true', resourceFiles: [{ httpUrl: url, filePath: 'x' }] },
    { id: 'container', commandLine: 'true', resourceFiles: [{ storageContainerUrl: url }] },
    {
      id: 'upload',
      commandLine: 'true',
      outputFiles: [
        {
          filePattern: '../stdout.txt',
          destination: { container: { containerUrl: url } },
          uploadOptions: { uploadCondition: 'taskcompletion' },
        },
      ],
    },
  ]);
  const tasks = await completedTasks(batch.client, 'j');
  for (const id of ['blob', 'container', 'upload']) {
    expect(tasks[id]?.executionInfo?.result).toBe('failure');
    expect(JSON.stringify(tasks[id]?.executionInfo)).not.toContain('hush');
  }
  await until(
    async () => (await nodesOf(batch, 'j'))[0]?.info.startTaskInfo?.state === 'completed',
  );
  const [node] = await nodesOf(batch, 'j');
  expect(JSON.stringify(node?.info.startTaskInfo)).not.toContain('hush');
  expect(await node!.read('workitems/j/job-1/upload/fileuploaderr.txt')).not.toContain('hush');
  expect(batch.log.join('\n')).not.toContain('hush');
});
