import type { BatchServiceModels } from '@azure/batch';
import { afterEach, expect, test } from 'vitest';
import { errorOf, poolOf, startBatch, until, type TestBatch } from './emulator.ts';

let batch: TestBatch;

afterEach(() => batch.close());

function autoPool(
  change: Partial<BatchServiceModels.AutoPoolSpecification> = {},
): BatchServiceModels.PoolInformation {
  const { id: _, ...pool } = poolOf('x');
  return {
    autoPoolSpecification: { autoPoolIdPrefix: 'mine', poolLifetimeOption: 'job', pool, ...change },
  };
}

test('a job gets a pool of its own, which goes with it', async () => {
  batch = await startBatch();
  await batch.client.job.add({ id: 'j', poolInfo: autoPool() });
  const job = await batch.client.job.get('j');
  const poolId = job.executionInfo!.poolId!;
  expect(poolId).toMatch(/^mine_[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/);
  expect(job.poolInfo).toMatchObject({
    autoPoolSpecification: {
      autoPoolIdPrefix: 'mine',
      poolLifetimeOption: 'job',
      keepAlive: false,
    },
  });
  expect(job.poolInfo?.poolId).toBeUndefined();
  await batch.client.task.add('j', { id: 't', commandLine: 'true' });
  await until(async () => (await batch.client.task.get('j', 't')).state === 'completed');
  expect((await batch.client.task.get('j', 't')).nodeInfo?.poolId).toBe(poolId);
  await batch.client.job.terminate('j');
  await until(async () => !(await batch.client.pool.exists(poolId)).body);
  expect((await batch.client.job.get('j')).state).toBe('completed');
});

test('with keepAlive the pool stays', async () => {
  batch = await startBatch();
  await batch.client.job.add({ id: 'j', poolInfo: autoPool({ keepAlive: true }) });
  const poolId = (await batch.client.job.get('j')).executionInfo!.poolId!;
  await batch.client.job.deleteMethod('j');
  await until(async () => (await batch.client.job.list()).length === 0);
  expect((await batch.client.pool.get(poolId)).state).toBe('active');
});

test('a job whose pool cannot be made completes with the reason', async () => {
  batch = await startBatch();
  const { id: _, ...pool } = poolOf('x', {
    applicationPackageReferences: [{ applicationId: 'none' }],
  });
  await batch.client.job.add({ id: 'j', poolInfo: autoPool({ pool }) });
  const job = await batch.client.job.get('j');
  expect(job).toMatchObject({ state: 'completed', previousState: 'active' });
  expect(job.executionInfo?.schedulingError).toMatchObject({
    category: 'usererror',
    code: 'InvalidApplicationPackageReferencesInAutoPool',
  });
  expect(await batch.client.pool.list()).toHaveLength(0);
});

test('a job with two pools, or a prefix that is too long, is refused', async () => {
  batch = await startBatch();
  const both = { ...autoPool(), poolId: 'p' };
  expect(await errorOf(batch.client.job.add({ id: 'j', poolInfo: both }))).toMatchObject({
    status: 400,
  });
  const long = autoPool({ autoPoolIdPrefix: 'x'.repeat(21) });
  expect(await errorOf(batch.client.job.add({ id: 'j', poolInfo: long }))).toMatchObject({
    code: 'InvalidPropertyValue',
  });
});
