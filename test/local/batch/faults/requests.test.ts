import { afterEach, describe, expect, test } from 'vitest';
import { admin } from '../admin-client.ts';
import { startBatch, until, type TestBatch } from '../emulator.ts';
import { raw } from '../raw.ts';

let batch: TestBatch;

afterEach(() => batch.close());

async function start(faults: unknown): Promise<void> {
  batch = await startBatch({ admin: true, faults });
}

const task = (id: string) => ({ id, commandLine: 'true' });

describe('answers', () => {
  test('counts lag behind as long as they may', async () => {
    await start({ counts: { lag: 'PT0.5S' } });
    await batch.client.job.add({ id: 'j', poolInfo: { poolId: 'p' } });
    expect((await batch.client.job.getTaskCounts('j')).taskCounts.active).toBe(0);
    await batch.client.task.add('j', task('t'));
    expect((await batch.client.job.getTaskCounts('j')).taskCounts.active).toBe(0);
    await until(async () => (await batch.client.job.getTaskCounts('j')).taskCounts.active === 1);
  });

  test('lists come in another order, complete', async () => {
    await start({ lists: { shuffled: true } });
    await batch.client.job.add({ id: 'j', poolInfo: { poolId: 'p' } });
    const ids = Array.from({ length: 50 }, (_, index) => `t${String(index).padStart(2, '0')}`);
    await batch.client.task.addCollection(
      'j',
      ids.map((id) => task(id)),
    );
    const listed = (await batch.client.task.list('j')).map(({ id }) => id!);
    expect(listed.toSorted()).toEqual(ids);
    expect(listed).not.toEqual(ids);
  });
});

describe('requests', () => {
  test('are throttled with and without Retry-After, by operation, so many times', async () => {
    await start({
      requests: [
        { operations: ['Pool_List'], status: 429, retryAfter: 7, times: 1 },
        { operations: ['Pool_List'], status: 503, times: 1 },
      ],
    });
    expect((await raw(batch.emulator, { path: '/jobs' })).status).toBe(200);
    const first = await raw(batch.emulator, { path: '/pools' });
    expect(first).toMatchObject({ status: 429, json: { code: 'TooManyRequests' } });
    expect(first.headers['retry-after']).toBe('7');
    const second = await raw(batch.emulator, { path: '/pools' });
    expect(second).toMatchObject({ status: 503, json: { code: 'ServerBusy' } });
    expect(second.headers['retry-after']).toBeUndefined();
    expect((await raw(batch.emulator, { path: '/pools' })).status).toBe(200);
    expect((await admin(batch, 'GET', 'requests')).json).toMatchObject({
      operations: { Pool_List: 3, Job_List: 1 },
    });
  });

  test.each([
    ['before', 404],
    ['after', 200],
  ])('a connection reset %s the request was applied', async (when, status) => {
    await start({ requests: [{ operations: ['Job_Add'], reset: when, times: 1 }] });
    const add = { method: 'POST', path: '/jobs', body: { id: 'j', poolInfo: { poolId: 'p' } } };
    await expect(raw(batch.emulator, add)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await raw(batch.emulator, { path: '/jobs/j' })).status).toBe(status);
  });

  test('are answered late', async () => {
    await start({ requests: [{ operations: ['Job_List'], latency: 'PT0.3S' }] });
    const began = performance.now();
    await batch.client.job.list();
    expect(performance.now() - began).toBeGreaterThan(290);
  });

  test('adding a collection fails in part, and the same tasks can be sent again', async () => {
    await start({
      seed: 5,
      requests: [{ partial: { clientError: 0.2, serverError: 0.2, taskExists: 0.2 }, times: 1 }],
    });
    await batch.client.job.add({ id: 'j', poolInfo: { poolId: 'p' } });
    const tasks = Array.from({ length: 60 }, (_, index) => task(`t${index}`));
    const { value = [] } = await batch.client.task.addCollection('j', tasks);
    const codes = new Map(value.map(({ taskId, error }) => [taskId, error?.code]));
    expect(new Set(codes.values())).toEqual(
      new Set([undefined, 'InvalidPropertyValue', 'InternalError', 'TaskExists']),
    );
    const there = new Set((await batch.client.task.list('j')).map(({ id }) => id));
    for (const [id, code] of codes) {
      expect(there.has(id)).toBe(code === undefined || code === 'TaskExists');
    }
    const again = await batch.client.task.addCollection('j', tasks);
    for (const { taskId, error } of again.value ?? []) {
      expect(error?.code).toBe(there.has(taskId) ? 'TaskExists' : undefined);
    }
    expect(await batch.client.task.list('j')).toHaveLength(60);
  });
});
