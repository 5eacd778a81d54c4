import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clientFor, poolOf, startBatch, until } from './emulator.ts';
import { processesOf, spawnBatch, type BatchProcess } from './process.ts';

let dataDir: string;
let running: BatchProcess | undefined;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'batch-durability-'));
});

afterEach(async () => {
  await running?.end('SIGKILL');
  running = undefined;
  rmSync(dataDir, { recursive: true, force: true });
});

/** What was answered with success, and so must still be there whatever happens. */
interface Accepted {
  pools: string[];
  jobs: string[];
  tasks: string[];
}

/** Makes changes, one after the other, until one gets no answer. */
async function makeChanges(batch: BatchProcess): Promise<Accepted> {
  const client = clientFor(batch);
  const accepted: Accepted = { pools: [], jobs: [], tasks: [] };
  const attempt = async (action: () => Promise<unknown>, note: () => void): Promise<boolean> => {
    try {
      await action();
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode !== undefined) throw error;
      return false;
    }
    note();
    return true;
  };
  const steps: (() => Promise<boolean>)[] = [
    () =>
      attempt(
        () => client.pool.add(poolOf('p')),
        () => accepted.pools.push('p'),
      ),
    () =>
      attempt(
        () => client.job.add({ id: 'j', poolInfo: { poolId: 'p' } }),
        () => accepted.jobs.push('j'),
      ),
  ];
  for (const step of steps) if (!(await step())) return accepted;
  // Commits may be grouped, so it is not known beforehand how many changes there are to the last point.
  for (let number = 0; number < 500; number++) {
    const ids = [`${number}a`, `${number}b`];
    const tasks = ids.map((id) => ({ id, commandLine: 'sleep 300' }));
    const add = (): Promise<unknown> => client.task.addCollection('j', tasks);
    if (!(await attempt(add, () => accepted.tasks.push(...ids)))) return accepted;
  }
  throw new Error('The emulator was to be killed by now.');
}

/** Starts again on the same directory and looks whether everything that was accepted is there, and runs. */
async function expectKept(accepted: Accepted, slots = 1): Promise<void> {
  const before = processesOf(dataDir);
  running = await spawnBatch(dataDir);
  // Whatever ran is gone before the first answer.
  const left = processesOf(dataDir).filter((pid) => before.includes(pid));
  expect(left).toEqual([]);
  const client = clientFor(running);
  const pools = (await client.pool.list()).map(({ id }) => id);
  const jobs = (await client.job.list()).map(({ id }) => id);
  expect(pools).toEqual(expect.arrayContaining(accepted.pools));
  expect(jobs).toEqual(expect.arrayContaining(accepted.jobs));
  if (!jobs.includes('j')) return;
  const tasks = await client.task.list('j');
  expect(tasks.map(({ id }) => id)).toEqual(expect.arrayContaining(accepted.tasks));
  for (const { executionInfo } of tasks) {
    expect(executionInfo).toMatchObject({ retryCount: 0, requeueCount: 0 });
  }
  const { taskCounts } = await client.job.getTaskCounts('j');
  expect(taskCounts.active + taskCounts.running).toBe(tasks.length);
  if (accepted.tasks.length === 0) return;
  // As many run again as can.
  await until(async () => (await client.job.getTaskCounts('j')).taskCounts.running === slots);
}

describe('kill -9', () => {
  const all = process.env.BATCH_CRASH_POINTS === 'all';
  const points = (all ? Array.from({ length: 40 }, (_, index) => index + 1) : [2, 4, 7]).flatMap(
    (commit) => [
      { when: 'beforeCommit', commit },
      { when: 'afterCommit', commit },
    ],
  );

  test.each(points)(
    'nothing that was accepted is lost when it comes $when $commit',
    async ({ when, commit }) => {
      expect.hasAssertions();
      const knobs = join(dataDir, 'faults.json');
      writeFileSync(knobs, JSON.stringify({ kill: { [when]: commit } }));
      const batch = await spawnBatch(dataDir, [`--faults=${knobs}`, '--max-task-processes=4']);
      const accepted = await makeChanges(batch);
      await until(() => batch.child.signalCode === 'SIGKILL');
      await expectKept(accepted);
    },
  );

  test('tasks that ran are put back and their processes are gone', async () => {
    expect.hasAssertions();
    const batch = await spawnBatch(dataDir);
    const client = clientFor(batch);
    const command = `bash -c 'setsid sleep 300 & sleep 300'`;
    await client.pool.add(poolOf('p', { taskSlotsPerNode: 2 }));
    await client.job.add({ id: 'j', poolInfo: { poolId: 'p' } });
    await client.task.addCollection(
      'j',
      ['x', 'y', 'z'].map((id) => ({ id, commandLine: command })),
    );
    await until(async () => (await client.job.getTaskCounts('j')).taskCounts.running === 2);
    await until(() => processesOf(dataDir).length >= 6);
    await batch.end('SIGKILL');
    await expectKept({ pools: ['p'], jobs: ['j'], tasks: ['x', 'y', 'z'] }, 2);
  });

  test('random moments under load lose nothing, and no task is lost or doubled', async () => {
    const rounds = all ? 20 : 2;
    const accepted = new Set<string>();
    for (let round = 0; round < rounds; round++) {
      const batch = await spawnBatch(dataDir);
      const client = clientFor(batch);
      if (round === 0) {
        await client.pool.add(poolOf('p', { taskSlotsPerNode: 4 }));
        await client.job.add({ id: 'j', poolInfo: { poolId: 'p' } });
      }
      const killed = new Promise<void>((resolve) => {
        setTimeout(() => void batch.end('SIGKILL').then(resolve), 100 + Math.random() * 400);
      });
      await addUntilGone(client, `r${round}`, accepted);
      await killed;
    }
    running = await spawnBatch(dataDir);
    const client = clientFor(running);
    await until(async () => {
      const { taskCounts } = await client.job.getTaskCounts('j');
      return taskCounts.active + taskCounts.running === 0;
    }, 120);
    const tasks = await listAll(client);
    const ids = tasks.map(({ id }) => id!);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...accepted].filter((id) => !ids.includes(id))).toEqual([]);
    expect(tasks.filter(({ executionInfo }) => executionInfo?.result !== 'success')).toEqual([]);
    const { taskCounts } = await client.job.getTaskCounts('j');
    expect(taskCounts.succeeded).toBe(ids.length);
  }, 300_000);
});

async function listAll(client: ReturnType<typeof clientFor>) {
  const first = await client.task.list('j');
  const tasks = [...first];
  for (let next = first.odatanextLink; next !== undefined;) {
    const page = await client.task.listNext(next);
    tasks.push(...page);
    next = page.odatanextLink;
  }
  return tasks;
}

async function addUntilGone(
  client: ReturnType<typeof clientFor>,
  prefix: string,
  accepted: Set<string>,
): Promise<void> {
  for (let number = 0; ; number++) {
    const ids = Array.from({ length: 5 }, (_, index) => `${prefix}-${number}-${index}`);
    try {
      await client.task.addCollection(
        'j',
        ids.map((id) => ({ id, commandLine: 'true' })),
      );
    } catch {
      return;
    }
    for (const id of ids) accepted.add(id);
  }
}

describe('a data directory', () => {
  test('that another process has is refused', async () => {
    running = await spawnBatch(dataDir);
    await expect(spawnBatch(dataDir)).rejects.toThrow(
      /data directory .* is in use by another Batch emulator.*--data-dir/,
    );
    expect(await clientFor(running).pool.list()).toHaveLength(0);
  });

  test('that is a file is refused', async () => {
    const file = join(dataDir, 'file');
    writeFileSync(file, '');
    await expect(spawnBatch(file)).rejects.toThrow(/data directory .* cannot be used: .*EEXIST/);
  });

  test('whose database is something else is refused', async () => {
    writeFileSync(join(dataDir, 'batch.sqlite'), 'this is no database'.repeat(1000));
    await expect(spawnBatch(dataDir)).rejects.toThrow(/batch\.sqlite .* is no database/);
  });

  test('of another version is refused', async () => {
    await (await startBatch({ dataDir })).close();
    const { DatabaseSync } = await import('node:sqlite');
    const database = new DatabaseSync(join(dataDir, 'batch.sqlite'));
    database.exec('pragma user_version = 99');
    database.close();
    await expect(spawnBatch(dataDir)).rejects.toThrow(/written by another version/);
  });

  test('that cannot be made is refused', async () => {
    writeFileSync(join(dataDir, 'file'), '');
    const below = spawnBatch(join(dataDir, 'file', 'batch'));
    await expect(below).rejects.toThrow(/data directory .* cannot be used/);
  });

  test('keeps times growing when the clock was set back', async () => {
    const first = await startBatch({ dataDir, now: () => 2_000_000_000_000 });
    await first.client.job.add({ id: 'j', poolInfo: { poolId: 'p' } });
    const before = await first.client.job.get('j');
    await first.close();
    const second = await startBatch({ dataDir, now: () => 1_900_000_000_000 });
    await second.client.job.patch('j', { priority: 1 });
    const after = await second.client.job.get('j');
    await second.close();
    expect(after.lastModified!.getTime()).toBeGreaterThanOrEqual(before.lastModified!.getTime());
    expect(after.eTag).not.toBe(before.eTag);
  });
});

const canMount =
  spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=1m tmpfs /mnt']).status === 0;

// Skipped where this user may not mount a small file system: there is no full disk to be had then.
test.skipIf(!canMount)('a full disk is named to clients, loses nothing, and ends', async () => {
  const mounted = `mount -t tmpfs -o size=12m tmpfs ${dataDir} && exec "$@"`;
  running = await spawnBatch(
    dataDir,
    ['--max-task-processes=1'],
    ['unshare', '-rm', 'sh', '-c', mounted, 'sh'],
  );
  const inside = `/proc/${running.child.pid}/root${dataDir}`;
  const client = clientFor(running);
  await client.job.add({ id: 'j', poolInfo: { poolId: 'p' } });
  writeFileSync(join(inside, 'ballast'), Buffer.alloc(6 * 1024 * 1024));
  const accepted = new Set<string>();
  const failure = await addUntilRefused(client, accepted);
  expect(failure).toMatchObject({ statusCode: 503, code: 'ServerBusy' });
  expect(JSON.stringify(failure.body)).toMatch(/full|failed to read or write/);
  await until(() => /disk of the data directory/.test(running!.errors()));
  rmSync(join(inside, 'ballast'));
  await until(async () =>
    client.job.get('j').then(
      () => true,
      () => false,
    ),
  );
  const tasks = new Set((await listAll(client)).map(({ id }) => id!));
  expect([...accepted].filter((id) => !tasks.has(id))).toEqual([]);
  await client.task.add('j', { id: 'after', commandLine: 'true' });
  await until(() => running!.errors().includes('can be written again'));
});

interface Failure {
  statusCode: number;
  code: string;
  body: unknown;
}

async function addUntilRefused(
  client: ReturnType<typeof clientFor>,
  accepted: Set<string>,
): Promise<Failure> {
  for (let number = 0; number < 1000; number++) {
    const tasks = Array.from({ length: 10 }, (_, index) => ({
      id: `t${number}-${index}`,
      commandLine: `echo ${'x'.repeat(8000)}`,
    }));
    try {
      await client.task.addCollection('j', tasks);
    } catch (error) {
      return error as Failure;
    }
    for (const { id } of tasks) accepted.add(id);
  }
  throw new Error('80 MB went onto a disk of 12 MB.');
}
