import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { admin } from '../admin-client.ts';
import { errorOf, poolOf, startBatch, type TestBatch } from '../emulator.ts';

let batch: TestBatch;

beforeEach(async () => {
  batch = await startBatch({
    admin: true,
    virtualTime: { automatic: false, quietMilliseconds: 0 },
    simulation: { tasks: [{ duration: 'PT20M' }] },
    delays: { allocation: 60_000, creating: 1000, starting: 1000 },
  });
});

afterEach(() => batch.close());

async function advance(duration: string): Promise<void> {
  expect((await admin(batch, 'POST', 'time', { advance: duration })).status).toBe(200);
}

const scaled = (formula: string) => ({
  targetDedicatedNodes: undefined,
  enableAutoScale: true,
  autoScaleFormula: formula,
  autoScaleEvaluationInterval: 'PT5M',
});

async function addTasks(count: number, dependsOn?: string): Promise<void> {
  const tasks = Array.from({ length: count }, (_, index) => ({
    id: `${dependsOn === undefined ? 't' : 'd'}${index}`,
    commandLine: 'simulated',
    ...(dependsOn !== undefined && { dependsOn: { taskIds: [dependsOn] } }),
  }));
  await batch.client.task.addCollection('j', tasks);
}

describe('a pool with a formula', () => {
  const formula = `
    samples = $PendingTasks.GetSamplePercent(180 * TimeInterval_Second);
    tasks = samples < 70 ? max(0, $PendingTasks.GetSample(1)) : max($PendingTasks.GetSample(1), avg($PendingTasks.GetSample(180 * TimeInterval_Second)));
    $TargetDedicatedNodes = min(3, tasks);
    $NodeDeallocationOption = taskcompletion;`;

  test('grows with its tasks and shrinks when they are done', async () => {
    await batch.client.pool.add(poolOf('p', scaled(formula)));
    await batch.client.job.add({ id: 'j', poolInfo: { poolId: 'p' } });
    await advance('PT1S');
    const first = await batch.client.pool.get('p');
    expect(first).toMatchObject({
      enableAutoScale: true,
      autoScaleEvaluationInterval: 'PT5M',
      allocationState: 'steady',
      targetDedicatedNodes: 0,
    });
    expect(first.autoScaleRun?.results).toBe(
      '$TargetDedicatedNodes=0;$TargetLowPriorityNodes=0;$NodeDeallocationOption=taskcompletion;samples=17;tasks=0',
    );
    await addTasks(5);
    await advance('PT5M10S');
    expect(await batch.client.pool.get('p')).toMatchObject({
      targetDedicatedNodes: 3,
      allocationState: 'resizing',
    });
    await advance('PT2M');
    expect((await batch.client.job.getTaskCounts('j')).taskCounts).toMatchObject({ running: 3 });
    await advance('PT1H');
    expect(await batch.client.pool.get('p')).toMatchObject({
      targetDedicatedNodes: 0,
      currentDedicatedNodes: 0,
      allocationState: 'steady',
    });
    expect((await batch.client.job.getTaskCounts('j')).taskCounts).toMatchObject({ succeeded: 5 });
  });

  test('does not count tasks that wait for others', async () => {
    const simple = '$TargetDedicatedNodes = $ActiveTasks.GetSample(1)';
    await batch.client.pool.add(poolOf('p', scaled(simple)));
    await batch.client.job.add({ id: 'j', poolInfo: { poolId: 'p' }, usesTaskDependencies: true });
    await addTasks(1);
    await addTasks(4, 't0');
    await advance('PT5M5S');
    expect((await batch.client.pool.get('p')).targetDedicatedNodes).toBe(1);
  });

  test('keeps its size when the formula fails, and says why', async () => {
    const failing = '$TargetDedicatedNodes = avg($FailedTasks.GetSample(TimeInterval_Hour, 90));';
    await batch.client.pool.add(poolOf('p', scaled(failing)));
    await advance('PT6M');
    const pool = await batch.client.pool.get('p');
    expect(pool).toMatchObject({ targetDedicatedNodes: 0, allocationState: 'steady' });
    expect(pool.autoScaleRun).toMatchObject({
      results: '$TargetDedicatedNodes=0;$TargetLowPriorityNodes=0;$NodeDeallocationOption=requeue',
      error: {
        code: 'InsufficientSampleData',
        values: [
          {
            name: 'Message',
            value:
              'Line 1, Col 29: Insufficient data from data set: $FailedTasks wanted 90%, received 8%',
          },
        ],
      },
    });
  });
});

describe('the operations', () => {
  test('enable, evaluate and disable', async () => {
    await batch.client.pool.add(poolOf('p', { targetDedicatedNodes: 0 }));
    const { pool } = batch.client;
    expect(await errorOf(pool.evaluateAutoScale('p', '$TargetDedicatedNodes=1'))).toMatchObject({
      status: 409,
    });
    expect(await errorOf(pool.enableAutoScale('p', {}))).toEqual({
      status: 400,
      code: 'MissingRequiredProperty',
    });
    await pool.enableAutoScale('p', { autoScaleFormula: '$TargetLowPriorityNodes=3' });
    expect(await pool.evaluateAutoScale('p', '$TargetDedicatedNodes=2;x=1')).toMatchObject({
      results:
        '$TargetDedicatedNodes=2;$TargetLowPriorityNodes=0;$NodeDeallocationOption=requeue;x=1',
    });
    const useless = await pool.evaluateAutoScale('p', 'something_useless');
    expect(useless.results).toBe(
      '$TargetDedicatedNodes=0;$TargetLowPriorityNodes=0;$NodeDeallocationOption=requeue',
    );
    expect(useless.error?.code).toBe('AutoScalingFormulaEvaluationError');
    await advance('PT1S');
    expect(await pool.get('p')).toMatchObject({
      allocationState: 'resizing',
      targetLowPriorityNodes: 3,
      autoScaleEvaluationInterval: 'PT15M',
    });
    expect(await errorOf(pool.resize('p', { targetDedicatedNodes: 1 }))).toMatchObject({
      status: 409,
    });
    expect(
      await errorOf(pool.enableAutoScale('p', { autoScaleEvaluationInterval: 'PT10M' })),
    ).toEqual({
      status: 409,
      code: 'PoolBeingResized',
    });
    await advance('PT2M');
    await pool.enableAutoScale('p', { autoScaleEvaluationInterval: 'PT10M' });
    expect(
      await errorOf(pool.enableAutoScale('p', { autoScaleEvaluationInterval: 'PT9M' })),
    ).toEqual({
      status: 503,
      code: 'TooManyEnableAutoScaleRequests',
    });
    await pool.disableAutoScale('p');
    const after = await pool.get('p');
    expect(after).toMatchObject({ enableAutoScale: false, targetLowPriorityNodes: 3 });
    expect(after.autoScaleFormula).toBeUndefined();
    await pool.resize('p', { targetDedicatedNodes: 1, targetLowPriorityNodes: 0 });
  });

  test.each([
    [
      'a formula that cannot be read',
      { autoScaleFormula: '$TargetDedicatedNodes = ' },
      'AutoScalingFormulaSyntaxError',
    ],
    [
      'one that is too long',
      { autoScaleFormula: `x = 1; // ${'x'.repeat(8200)}` },
      'AutoScalingFormulaTooLong',
    ],
    [
      'a short interval',
      { autoScaleFormula: '', autoScaleEvaluationInterval: 'PT4M' },
      'InvalidPropertyValue',
    ],
    [
      'a long interval',
      { autoScaleFormula: '', autoScaleEvaluationInterval: 'P8D' },
      'InvalidPropertyValue',
    ],
  ])('refuse %s', async (_, change, code) => {
    await batch.client.pool.add(poolOf('p', { targetDedicatedNodes: 0 }));
    expect(await errorOf(batch.client.pool.enableAutoScale('p', change))).toEqual({
      status: 400,
      code,
    });
  });
});
