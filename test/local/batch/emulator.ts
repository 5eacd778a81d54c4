import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  BatchServiceClient,
  BatchSharedKeyCredentials,
  type BatchServiceModels,
} from '@azure/batch';
import {
  startBatchEmulator,
  type BatchEmulator,
  type BatchEmulatorOptions,
} from '../../../local/batch/start.ts';
import { takeFaults, watchAnswers } from './recorder.ts';

/** An emulator of a test's own, and the official client for it. */
export interface TestBatch {
  emulator: BatchEmulator;
  client: BatchServiceClient;
  dataDir: string;
  log: string[];
  close(): Promise<void>;
}

/** Starts an emulator in this process, with its data in a temporary directory. */
export async function startBatch(options: Partial<BatchEmulatorOptions> = {}): Promise<TestBatch> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'batch-')));
  const log: string[] = [];
  watchAnswers();
  const emulator = await startBatchEmulator({
    dataDir,
    log: (line) => void log.push(line),
    ...options,
  });
  return {
    emulator,
    client: clientFor(emulator),
    dataDir,
    log,
    async close() {
      await emulator.close();
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
      const faults = takeFaults(emulator.url);
      if (faults.length > 0) {
        throw new Error(`Answers broke the service's description:\n${faults.join('\n')}`);
      }
    },
  };
}

/** The official client, without its own retries. */
export function clientFor({
  url,
  account,
  key,
}: {
  url: string;
  account: string;
  key: string;
}): BatchServiceClient {
  return new BatchServiceClient(new BatchSharedKeyCredentials(account, key), url, {
    noRetryPolicy: true,
  });
}

/** A pool that Batch accepts. */
export function poolOf(
  id: string,
  others: Partial<BatchServiceModels.PoolAddParameter> = {},
): BatchServiceModels.PoolAddParameter {
  return {
    id,
    vmSize: 'Standard_D2as_v5',
    virtualMachineConfiguration: {
      imageReference: {
        publisher: 'canonical',
        offer: 'ubuntu-24_04-lts',
        sku: 'server',
        version: 'latest',
      },
      nodeAgentSKUId: 'batch.node.ubuntu 24.04',
    },
    targetDedicatedNodes: 1,
    ...others,
  };
}

/** Adds a pool and a job on it, and waits until the pool's nodes are idle. */
export async function addPoolAndJob(
  client: BatchServiceClient,
  id: string,
  others: {
    pool?: Partial<BatchServiceModels.PoolAddParameter>;
    job?: Partial<BatchServiceModels.JobAddParameter>;
  } = {},
): Promise<void> {
  await client.pool.add(poolOf(id, others.pool));
  await client.job.add({ id, poolInfo: { poolId: id }, ...others.job });
  await until(async () => {
    const nodes = await client.computeNode.list(id);
    return nodes.length > 0 && nodes.every((node) => node.state === 'idle');
  });
}

/** Waits until all tasks of a job are completed and returns them by id. */
export async function completedTasks(
  client: BatchServiceClient,
  jobId: string,
): Promise<Record<string, BatchServiceModels.CloudTask>> {
  await until(async () => {
    const { taskCounts } = await client.job.getTaskCounts(jobId);
    return taskCounts.active + taskCounts.running === 0;
  });
  const tasks = await client.task.list(jobId);
  return Object.fromEntries(tasks.map((task) => [task.id, task]));
}

/** Polls until a condition holds; fails after some seconds. */
export async function until(
  condition: () => Promise<boolean> | boolean,
  seconds = 20,
): Promise<void> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    if (await condition()) return;
    await wait(20);
  }
  throw new Error(`The condition did not hold within ${seconds} s: ${condition.toString()}`);
}

/** The Batch error code a call fails with. */
export async function errorOf(call: Promise<unknown>): Promise<{ status: number; code: string }> {
  try {
    await call;
  } catch (error) {
    const { statusCode, code } = error as { statusCode: number; code: string };
    return { status: statusCode, code };
  }
  throw new Error('The call was expected to fail.');
}
