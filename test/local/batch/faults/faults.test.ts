import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startStorage, type TestStorage } from '../azurite.ts';
import {
  addPoolAndJob,
  completedTasks,
  errorOf,
  poolOf,
  startBatch,
  until,
  type TestBatch,
} from '../emulator.ts';
import { admin } from '../admin-client.ts';
import { raw } from '../raw.ts';

let batch: TestBatch;

afterEach(() => batch.close());

async function start(faults: unknown = {}): Promise<void> {
  batch = await startBatch({ admin: true, faults });
}

const task = (id: string, commandLine = 'true') => ({ id, commandLine });

describe('the admin endpoints', () => {
  test('are not there unless asked for, except the request counts', async () => {
    batch = await startBatch();
    expect((await admin(batch, 'GET', 'faults')).status).toBe(400);
    expect((await admin(batch, 'GET', 'requests')).status).toBe(200);
  });

  test('tell and replace the knobs, and refuse what they do not know', async () => {
    await start({ seed: 1 });
    expect(await admin(batch, 'GET', 'faults')).toMatchObject({ status: 200, json: { seed: 1 } });
    const knobs = { quotas: { pools: 3 } };
    expect((await admin(batch, 'PUT', 'faults', knobs)).status).toBe(200);
    expect((await admin(batch, 'GET', 'faults')).json).toEqual(knobs);
    expect(await admin(batch, 'PUT', 'faults', { colour: 1 })).toMatchObject({
      status: 400,
      json: { code: 'UnsupportedProperty', values: [{ value: 'colour' }] },
    });
    expect((await admin(batch, 'GET', 'faults')).json).toEqual(knobs);
  });

  test('refuse other paths, other methods, other content, and moving real time', async () => {
    await start();
    expect((await admin(batch, 'GET', 'nothing')).json).toMatchObject({ code: 'InvalidUri' });
    expect((await admin(batch, 'DELETE', 'faults')).status).toBe(405);
    const plain = await fetch(`${batch.emulator.url}/_emulator/faults`, {
      method: 'PUT',
      body: '{}',
      headers: { 'content-type': 'text/plain' },
    });
    expect(plain.status).toBe(400);
    expect(await admin(batch, 'POST', 'time', { advance: 'PT1H' })).toMatchObject({
      status: 409,
      json: { message: expect.stringContaining('--virtual-time') },
    });
  });

  test('faults that are wrong at the start are refused by name', async () => {
    await expect(startBatch({ faults: { nodes: { sick: 1 } } })).rejects.toThrow(
      /faults: .*nodes\.sick/,
    );
    await start();
  });
});

describe('quotas', () => {
  test('of pools and of jobs that are not completed', async () => {
    await start({ quotas: { pools: 1, activeJobs: 1 } });
    await batch.client.pool.add(poolOf('p', { targetDedicatedNodes: 0 }));
    expect(await errorOf(batch.client.pool.add(poolOf('q')))).toEqual({
      status: 409,
      code: 'PoolQuotaReached',
    });
    await batch.client.job.add({ id: 'a', poolInfo: { poolId: 'p' } });
    const second = { id: 'b', poolInfo: { poolId: 'p' } };
    expect(await errorOf(batch.client.job.add(second))).toEqual({
      status: 409,
      code: 'ActiveJobAndScheduleQuotaReached',
    });
    await batch.client.job.terminate('a');
    await until(async () => (await batch.client.job.get('a')).state === 'completed');
    await batch.client.job.add(second);
  });

  test('of cores cut an allocation short, and the pool says so', async () => {
    await start({ quotas: { dedicatedCores: 5, lowPriorityCores: 2 } });
    await batch.client.pool.add(
      poolOf('p', { targetDedicatedNodes: 4, targetLowPriorityNodes: 2 }),
    );
    await until(async () => (await batch.client.pool.get('p')).allocationState === 'steady');
    const pool = await batch.client.pool.get('p');
    expect(pool).toMatchObject({ currentDedicatedNodes: 2, currentLowPriorityNodes: 1 });
    expect(pool.resizeErrors?.map(({ code }) => code)).toEqual([
      'AccountCoreQuotaReached',
      'AccountLowPriorityCoreQuotaReached',
    ]);
  });
});

describe('allocation', () => {
  test('a size has so much capacity, takes its time, and other sizes are not concerned', async () => {
    await start({
      allocation: [
        { vmSize: 'standard_d2as_v5', delay: 'PT0.4S', capacity: 1, error: 'AllocationTimedout' },
      ],
    });
    const began = performance.now();
    await batch.client.pool.add(poolOf('scarce', { targetDedicatedNodes: 3 }));
    await batch.client.pool.add(
      poolOf('plenty', { vmSize: 'Standard_D4as_v5', targetDedicatedNodes: 3 }),
    );
    await until(async () => (await batch.client.pool.get('scarce')).allocationState === 'steady');
    expect(performance.now() - began).toBeGreaterThan(390);
    expect(await batch.client.pool.get('scarce')).toMatchObject({
      currentDedicatedNodes: 1,
      resizeErrors: [{ code: 'AllocationTimedout' }],
    });
    expect((await batch.client.pool.get('plenty')).currentDedicatedNodes).toBe(3);
  });
});

describe('nodes', () => {
  test('a preempted node gives its task back uncounted and comes back under its id', async () => {
    await start();
    await addPoolAndJob(batch.client, 'p', {
      pool: { targetDedicatedNodes: 0, targetLowPriorityNodes: 1 },
    });
    await batch.client.task.add('p', task('t', 'sleep 60'));
    await until(async () => (await batch.client.task.get('p', 't')).state === 'running');
    const [before] = await batch.client.computeNode.list('p');
    await admin(batch, 'PUT', 'faults', { allocation: [{ delay: 'PT1H' }] });
    const preempt = { poolId: 'p', nodeId: before!.id, event: 'preempt' };
    expect((await admin(batch, 'POST', 'nodes', preempt)).status).toBe(200);
    expect(await batch.client.task.get('p', 't')).toMatchObject({
      executionInfo: { retryCount: 0, requeueCount: 0 },
    });
    await until(async () => (await batch.client.task.get('p', 't')).state === 'running');
    const [after] = await batch.client.computeNode.list('p');
    expect(after).toMatchObject({ id: before!.id, state: 'running' });
    expect(after!.lastBootTime!.getTime()).toBeGreaterThan(before!.lastBootTime!.getTime());
  });

  test('with a probability per minute only low-priority nodes are preempted', async () => {
    // Within the first minute, and drawn so that it is within a second.
    const near = Array.from({ length: 2000 }, (_, seed) => seed);
    const { Faults } = await import('../../../../local/batch/faults/faults.ts');
    const seed = near.find((candidate) => {
      const faults = new Faults();
      faults.set({ seed: candidate });
      return faults.draw('nodes/preemption') < 0.002;
    });
    await start({ seed, nodes: { preemptionPerMinute: 1 } });
    await batch.client.pool.add(
      poolOf('p', { targetDedicatedNodes: 1, targetLowPriorityNodes: 1 }),
    );
    const boots = async (): Promise<Map<boolean, number>> =>
      new Map(
        (await batch.client.computeNode.list('p')).map((node) => [
          node.isDedicated!,
          node.lastBootTime?.getTime() ?? 0,
        ]),
      );
    await until(async () => [...(await boots()).values()].filter((time) => time > 0).length === 2);
    const before = await boots();
    await until(async () => (await boots()).get(false)! > before.get(false)!);
    expect((await boots()).get(true)).toBe(before.get(true));
  });

  test('a failed node starts again, a spoilt one is unusable, and both give their tasks back', async () => {
    await start();
    await addPoolAndJob(batch.client, 'p', { pool: { targetDedicatedNodes: 2 } });
    await batch.client.task.addCollection('p', [task('a', 'sleep 60'), task('b', 'sleep 60')]);
    await until(async () => (await batch.client.job.getTaskCounts('p')).taskCounts.running === 2);
    const [first, second] = await batch.client.computeNode.list('p');
    await admin(batch, 'POST', 'nodes', { poolId: 'p', nodeId: first!.id, event: 'spoil' });
    await admin(batch, 'POST', 'nodes', { poolId: 'p', nodeId: second!.id, event: 'fail' });
    expect((await batch.client.computeNode.get('p', first!.id!)).state).toBe('unusable');
    await until(async () => {
      const { taskCounts } = await batch.client.job.getTaskCounts('p');
      return taskCounts.running === 1 && taskCounts.active === 1;
    });
    const counts = await raw(batch.emulator, { path: '/nodecounts' });
    expect(counts.json).toMatchObject({ value: [{ dedicated: { unusable: 1, running: 1 } }] });
    const again = { poolId: 'p', nodeId: first!.id, event: 'preempt' };
    expect((await admin(batch, 'POST', 'nodes', again)).status).toBe(409);
  });

  test('nodes that start unusable take no tasks', async () => {
    await start({ nodes: { unusable: 1 } });
    await batch.client.pool.add(poolOf('p'));
    await batch.client.job.add({ id: 'j', poolInfo: { poolId: 'p' } });
    await batch.client.task.add('j', task('t'));
    await until(async () => (await batch.client.computeNode.list('p'))[0]?.state === 'unusable');
    expect((await batch.client.task.get('j', 't')).state).toBe('active');
  });
});

describe('tasks', () => {
  test('of a task whose node is believed lost the run on the next node counts', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'batch-lost-'));
    await start({ tasks: { runTwice: 1 } });
    await addPoolAndJob(batch.client, 'p', { pool: { targetDedicatedNodes: 2 } });
    const command = `sh -c 'echo "$AZ_BATCH_NODE_ID" >> ${directory}/nodes; until [ -e ${directory}/go-on ]; do sleep 0.02; done; exit 3'`;
    await batch.client.task.add('p', task('a', command));
    let lost: string | undefined;
    let nodes: string[] = [];
    await until(async () => {
      const all = await batch.client.computeNode.list('p');
      lost = all.find(({ state }) => state === 'unknown')?.id;
      return lost !== undefined;
    });
    await until(() => {
      nodes = readFileSync(`${directory}/nodes`, 'utf8').trim().split('\n');
      return nodes.length === 2;
    });
    expect(nodes).toContain(lost);
    writeFileSync(`${directory}/go-on`, '');
    const { a } = await completedTasks(batch.client, 'p');
    expect(a).toMatchObject({
      nodeInfo: { nodeId: nodes.find((id) => id !== lost) },
      executionInfo: { exitCode: 3, retryCount: 0, requeueCount: 0 },
    });
    rmSync(directory, { recursive: true });
  });

  test('a task whose node is believed lost runs twice and no more', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'batch-twice-'));
    await start({ tasks: { runTwice: 1 } });
    await addPoolAndJob(batch.client, 'p', {
      pool: { targetDedicatedNodes: 2 },
      job: { jobPreparationTask: { commandLine: 'true' } },
    });
    const ids = ['a', 'b', 'c'];
    const command = `sh -c 'echo "$AZ_BATCH_NODE_ID" >> ${directory}/$AZ_BATCH_TASK_ID; sleep 0.3; exit 3'`;
    await batch.client.task.addCollection(
      'p',
      ids.map((id) => task(id, command)),
    );
    const tasks = await completedTasks(batch.client, 'p');
    for (const id of ids) {
      const runs = readFileSync(`${directory}/${id}`, 'utf8').trim().split('\n');
      // Which of two that run at once writes its line first is up to the machine.
      expect(runs).toHaveLength(2);
      expect(runs).toContain(tasks[id]?.nodeInfo?.nodeId);
      expect(tasks[id]).toMatchObject({
        executionInfo: { exitCode: 3, retryCount: 0, requeueCount: 0 },
      });
    }
    await until(async () =>
      (await batch.client.computeNode.list('p')).every(({ state }) => state === 'idle'),
    );
    const { taskCounts } = await batch.client.job.getTaskCounts('p');
    expect(taskCounts).toMatchObject({ active: 0, running: 0, completed: 3, failed: 3 });
    rmSync(directory, { recursive: true });
  });

  describe('that exceed their time limit', () => {
    let storage: TestStorage;
    beforeAll(async () => {
      storage = await startStorage();
    });
    afterAll(() => storage.close());

    test.each([
      [0, ['stdout.txt']],
      [1, []],
    ])('with killedWithoutUpload %i leave %j', async (killedWithoutUpload, expected) => {
      const { client, url } = await storage.container(`out${killedWithoutUpload}`);
      await start({ tasks: { killedWithoutUpload } });
      await addPoolAndJob(batch.client, 'p');
      await batch.client.task.add('p', {
        ...task('t', 'sleep 60'),
        constraints: { maxWallClockTime: 'PT0.2S' },
        outputFiles: [
          {
            filePattern: '../stdout.txt',
            destination: { container: { containerUrl: url } },
            uploadOptions: { uploadCondition: 'taskcompletion' },
          },
        ],
      });
      const { t } = await completedTasks(batch.client, 'p');
      expect(t?.executionInfo?.failureInfo?.code).toBe('TaskEnded');
      const names: string[] = [];
      for await (const { name } of client.listBlobsFlat()) names.push(name);
      expect(names).toEqual(expected);
    });
  });
});
