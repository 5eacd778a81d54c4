import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { startStorage } from '../azurite.ts';
import { admin } from '../admin-client.ts';
import {
  addPoolAndJob,
  completedTasks,
  poolOf,
  startBatch,
  until,
  type TestBatch,
} from '../emulator.ts';

let batch: TestBatch;

afterEach(() => batch.close());

const hour = 3_600_000;

async function now(): Promise<number> {
  return Date.parse((await admin(batch, 'GET', 'time')).json!.now as string);
}

async function addTasks(count: number): Promise<void> {
  const ids = Array.from({ length: count }, (_, index) => `t${index}`);
  for (let start = 0; start < count; start += 100) {
    await batch.client.task.addCollection(
      'j',
      ids.slice(start, start + 100).map((id) => ({ id, commandLine: 'simulated' })),
    );
  }
}

async function allDone(seconds = 60): Promise<void> {
  await until(async () => {
    const { taskCounts } = await batch.client.job.getTaskCounts('j');
    return taskCounts.active + taskCounts.running === 0 && taskCounts.completed > 0;
  }, seconds);
}

test('time stands still until it is moved, and everything happens at its time', async () => {
  batch = await startBatch({
    admin: true,
    virtualTime: { automatic: false, quietMilliseconds: 0 },
    delays: { allocation: 60_000, creating: 30_000, starting: 30_000 },
    simulation: { tasks: [{ duration: 'PT1H' }] },
  });
  await batch.client.pool.add(poolOf('p'));
  await batch.client.job.add({ id: 'j', poolInfo: { poolId: 'p' } });
  await addTasks(1);
  const start = await now();
  expect((await batch.client.pool.get('p')).allocationState).toBe('resizing');
  await admin(batch, 'POST', 'time', { advance: 'PT1M' });
  expect((await batch.client.computeNode.list('p'))[0]?.state).toBe('creating');
  await admin(batch, 'POST', 'time', { advance: 'PT1M' });
  expect((await batch.client.task.get('j', 't0')).state).toBe('running');
  await admin(batch, 'POST', 'time', { advance: 'PT59M' });
  expect((await batch.client.task.get('j', 't0')).state).toBe('running');
  await admin(batch, 'POST', 'time', { advance: 'PT1M' });
  const { executionInfo } = await batch.client.task.get('j', 't0');
  expect(executionInfo!.endTime!.getTime() - executionInfo!.startTime!.getTime()).toBe(hour);
  expect((await now()) - start).toBe(62 * 60_000);
});

// BATCH_LONG=1 plays a whole day of a thousand nodes.
const long = process.env.BATCH_LONG === '1';
const [nodes, tasks, hours] = long ? [1000, 24_000, 24] : [100, 800, 8];

test(`${hours} hours of ${nodes} nodes with preemptions play in seconds, and every task is done`, async () => {
  batch = await startBatch({
    admin: true,
    virtualTime: { automatic: true, quietMilliseconds: 200 },
    faults: { seed: 1, nodes: { preemptionPerMinute: 0.002 } },
    simulation: { seed: 1, tasks: [{ duration: ['PT30M', 'PT90M'], exitCode: { 1: 0.1 } }] },
  });
  await batch.client.pool.add(
    poolOf('p', { targetDedicatedNodes: 0, targetLowPriorityNodes: nodes }),
  );
  await batch.client.job.add({ id: 'j', poolInfo: { poolId: 'p' } });
  const start = await now();
  await addTasks(tasks);
  await allDone(long ? 300 : 60);
  const passed = ((await now()) - start) / hour;
  expect(passed).toBeGreaterThan(hours * 0.8);
  expect(passed).toBeLessThan(hours * 1.6);
  const { taskCounts } = await batch.client.job.getTaskCounts('j');
  expect(taskCounts.completed).toBe(tasks);
  expect(taskCounts.failed / tasks).toBeGreaterThan(0.05);
  expect(taskCounts.failed / tasks).toBeLessThan(0.15);
  const listed = await batch.client.computeNode.list('p', { computeNodeListOptions: {} });
  const restarted = listed.filter((node) => node.lastBootTime!.getTime() > start + 60_000);
  expect(restarted.length).toBeGreaterThan(0);
}, 400_000);

test('simulated tasks leave files, which are really put where their output files say', async () => {
  const storage = await startStorage();
  try {
    const { client, url } = await storage.container('out');
    batch = await startBatch({
      virtualTime: true,
      simulation: {
        tasks: [
          {
            duration: 'PT10M',
            exitCode: 4,
            files: [
              {
                path: 'records/{1}.{exitCode}',
                text: '{taskId} {2} {env.WHO}',
                forEach: { variable: '^ITEM_', value: '^(\\w+) (\\w+)$' },
              },
              { path: 'only-when-well', when: 'success' },
              { path: 'zeros', bytes: 1000, when: 'failure' },
            ],
            blobs: [{ containerUrl: '{env.OUT}', name: 'direct/{taskId}', text: '{end}' }],
          },
        ],
      },
    });
    await addPoolAndJob(batch.client, 'j');
    const destination = { container: { containerUrl: url, path: 'up' } };
    await batch.client.task.add('j', {
      id: 't',
      commandLine: 'simulated',
      environmentSettings: [
        { name: 'ITEM_1', value: 'one x' },
        { name: 'ITEM_2', value: 'two y' },
        { name: 'WHO', value: 'me' },
        { name: 'OUT', value: url },
      ],
      outputFiles: [
        { filePattern: '**/*', destination, uploadOptions: { uploadCondition: 'taskcompletion' } },
      ],
    });
    const { t } = await completedTasks(batch.client, 'j');
    expect(t?.executionInfo).toMatchObject({ exitCode: 4, result: 'failure' });
    const blobs: Record<string, string> = {};
    for await (const { name } of client.listBlobsFlat()) {
      blobs[name] = (await client.getBlobClient(name).downloadToBuffer()).toString();
    }
    expect(blobs).toEqual({
      'direct/t': String(Math.floor(t!.executionInfo!.endTime!.getTime() / 1000)),
      'up/records/one.4': 't x me',
      'up/records/two.4': 't y me',
      'up/zeros': '\0'.repeat(1000),
    });
    expect(existsSync(join(batch.dataDir, 'launch', '0.sh'))).toBe(false);
  } finally {
    await storage.close();
  }
});

test('a time limit ends a simulated task, and terminating one does at once', async () => {
  batch = await startBatch({
    admin: true,
    virtualTime: { automatic: false, quietMilliseconds: 0 },
    simulation: { tasks: [{ duration: 'PT1H' }] },
  });
  await batch.client.pool.add(poolOf('p', { taskSlotsPerNode: 2 }));
  await batch.client.job.add({ id: 'j', poolInfo: { poolId: 'p' } });
  await batch.client.task.addCollection('j', [
    { id: 'limited', commandLine: 'x', constraints: { maxWallClockTime: 'PT10M' } },
    { id: 'ended', commandLine: 'x' },
  ]);
  await admin(batch, 'POST', 'time', { advance: 'PT1M' });
  await batch.client.task.terminate('j', 'ended');
  expect((await batch.client.task.get('j', 'ended')).state).toBe('completed');
  await admin(batch, 'POST', 'time', { advance: 'PT10M' });
  const { executionInfo } = await batch.client.task.get('j', 'limited');
  expect(executionInfo?.failureInfo?.code).toBe('TaskEnded');
  expect(executionInfo!.endTime!.getTime() - executionInfo!.startTime!.getTime()).toBe(600_000);
});

test('virtual time goes on after a restart where it was', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'batch-virtual-'));
  const options = { dataDir, admin: true, virtualTime: { automatic: false, quietMilliseconds: 0 } };
  batch = await startBatch(options);
  await batch.client.job.add({ id: 'j', poolInfo: { poolId: 'p' } });
  await admin(batch, 'POST', 'time', { advance: 'P30D' });
  await batch.client.job.patch('j', { priority: 1 });
  const before = await now();
  await batch.close();
  batch = await startBatch(options);
  expect(await now()).toBeGreaterThanOrEqual(before);
  rmSync(dataDir, { recursive: true });
});

test('tasks can be simulated in real time too, and templates replaced while it runs', async () => {
  batch = await startBatch({ admin: true });
  const simulation = { tasks: [{ jobId: '^j$', duration: 'PT0.2S', exitCode: 9 }] };
  expect((await admin(batch, 'PUT', 'tasks', simulation)).status).toBe(200);
  expect((await admin(batch, 'GET', 'tasks')).json).toEqual(simulation);
  expect((await admin(batch, 'PUT', 'tasks', { tasks: 1 })).status).toBe(400);
  await addPoolAndJob(batch.client, 'j');
  await batch.client.task.add('j', { id: 't', commandLine: '/no/such/program' });
  expect((await completedTasks(batch.client, 'j')).t?.executionInfo?.exitCode).toBe(9);
});
