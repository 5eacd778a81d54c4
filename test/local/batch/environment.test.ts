import { readdir } from 'node:fs/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { addPoolAndJob, completedTasks, startBatch, until, type TestBatch } from './emulator.ts';
import { nodesOf } from './nodes.ts';
import { raw } from './raw.ts';

let batch: TestBatch;

afterEach(() => batch.close());

test('a task has the variables and folders of a Linux node, and nothing of the emulator', async () => {
  process.env.NOT_FOR_TASKS = 'hidden';
  batch = await startBatch();
  await addPoolAndJob(batch.client, 'Job', {
    job: {
      commonEnvironmentSettings: [
        { name: 'BOTH', value: 'job' },
        { name: 'OF_JOB', value: 'a b "c"' },
      ],
    },
  });
  await batch.client.task.add('Job', {
    id: 'Task',
    commandLine: '/usr/bin/env',
    environmentSettings: [
      { name: 'BOTH', value: 'task' },
      { name: 'AZ_BATCH_TASK_ID', value: 'forged' },
      { name: 'EMPTY' },
    ],
    userIdentity: { autoUser: { scope: 'task', elevationLevel: 'admin' } },
  });
  await completedTasks(batch.client, 'Job');
  const [node] = await nodesOf(batch, 'Job');
  const root = node!.root;
  const text = await node!.read('workitems/Job/job-1/Task/stdout.txt');
  const variables = Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/s, 2)),
  );
  expect(variables).toMatchObject({
    AZ_BATCH_ACCOUNT_NAME: 'devbatch',
    AZ_BATCH_ACCOUNT_URL: batch.emulator.url,
    AZ_BATCH_POOL_ID: 'Job',
    AZ_BATCH_NODE_ID: node!.info.id,
    AZ_BATCH_NODE_IS_DEDICATED: 'true',
    AZ_BATCH_JOB_ID: 'Job',
    AZ_BATCH_TASK_ID: 'Task',
    AZ_BATCH_NODE_ROOT_DIR: root,
    AZ_BATCH_NODE_SHARED_DIR: `${root}/shared`,
    AZ_BATCH_NODE_STARTUP_DIR: `${root}/startup`,
    AZ_BATCH_NODE_MOUNTS_DIR: `${root}/fsmounts`,
    AZ_BATCH_TASK_DIR: `${root}/workitems/Job/job-1/Task`,
    AZ_BATCH_TASK_WORKING_DIR: `${root}/workitems/Job/job-1/Task/wd`,
    BOTH: 'task',
    OF_JOB: 'a b "c"',
    EMPTY: '',
  });
  expect(variables.AZ_BATCH_JOB_PREP_DIR).toBeUndefined();
  expect(variables.NOT_FOR_TASKS).toBeUndefined();
  delete process.env.NOT_FOR_TASKS;
  expect((await readdir(root)).toSorted()).toEqual([
    'applications',
    'fsmounts',
    'shared',
    'startup',
    'volatile',
    'workitems',
  ]);
});

test('when a task is ended its whole tree of processes is, daemons included', async () => {
  batch = await startBatch();
  await addPoolAndJob(batch.client, 'j');
  await batch.client.task.add('j', {
    id: 't',
    commandLine: `/bin/sh -c 'setsid sleep 1000 & (sleep 1000 &) ; sleep 1000'`,
  });
  await until(async () => (await batch.client.task.get('j', 't')).state === 'running');
  const [node] = await nodesOf(batch, 'j');
  await until(async () => (await processesOf(node!.root)).length >= 3);
  await batch.client.task.terminate('j', 't');
  await until(async () => (await processesOf(node!.root)).length === 0);
  expect((await batch.client.task.get('j', 't')).executionInfo).toMatchObject({
    result: 'failure',
    failureInfo: { category: 'usererror', code: 'TaskEnded' },
  });
});

async function processesOf(root: string): Promise<string[]> {
  const { readFile } = await import('node:fs/promises');
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const environments = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')),
  );
  return pids.filter((_, index) => environments[index]!.includes(`AZ_BATCH_TASK_DIR=${root}`));
}

describe('what is not emulated is refused by name', () => {
  test.each([
    ['tasks', 'multiInstanceSettings', { numberOfInstances: 2, coordinationCommandLine: 'true' }],
    ['tasks', 'authenticationTokenSettings', { access: ['job'] }],
    ['tasks', 'resourceFiles', [{ autoStorageContainerName: 'c' }]],
    ['jobs', 'allowTaskPreemption', true],
    ['jobs', 'jobManagerTask', { id: 'm', commandLine: 'true', allowLowPriorityNode: false }],
  ])('%s with %s', async (kind, name, value) => {
    batch = await startBatch();
    await batch.client.job.add({ id: 'j', poolInfo: { poolId: 'p' } });
    const response = await raw(batch.emulator, {
      method: 'POST',
      path: kind === 'tasks' ? '/jobs/j/tasks' : '/jobs',
      body: {
        id: 'x',
        commandLine: undefined,
        poolInfo: undefined,
        ...common(kind),
        [name]: value,
      },
    });
    expect(response).toMatchObject({ status: 501, json: { code: 'NotEmulated' } });
    expect(response.reason).toContain(name);
  });
});

function common(kind: string): object {
  return kind === 'tasks' ? { commandLine: 'true' } : { poolInfo: { poolId: 'p' } };
}

test('jobs of higher priority go first, and no job has more tasks at once than it may', async () => {
  batch = await startBatch();
  await addPoolAndJob(batch.client, 'low', {
    pool: { taskSlotsPerNode: 3 },
    job: { priority: -5, maxParallelTasks: 1 },
  });
  await batch.client.job.add({ id: 'high', poolInfo: { poolId: 'low' }, priority: 5 });
  const held = { commandLine: 'sleep 1000' };
  await batch.client.job.disable('low', 'wait');
  await batch.client.task.addCollection(
    'low',
    ['a', 'b'].map((id) => ({ id, ...held })),
  );
  await batch.client.task.addCollection(
    'high',
    ['a', 'b'].map((id) => ({ id, ...held })),
  );
  await batch.client.job.enable('low');
  const running = async (job: string) =>
    (await batch.client.job.getTaskCounts(job)).taskCounts.running;
  await until(async () => (await running('high')) === 2 && (await running('low')) === 1);
  expect((await batch.client.job.getTaskCounts('low')).taskCounts.active).toBe(1);
});

test('users may be named, and what is secret of them is forgotten', async () => {
  batch = await startBatch();
  await addPoolAndJob(batch.client, 'j', {
    pool: {
      userAccounts: [
        {
          name: 'carl',
          password: 'hush123',
          elevationLevel: 'admin',
          linuxUserConfiguration: { uid: 1001, gid: 1001, sshPrivateKey: 'hush123' },
        },
      ],
    },
  });
  await batch.client.task.add('j', {
    id: 't',
    commandLine: 'true',
    userIdentity: { userName: 'carl' },
  });
  const { t } = await completedTasks(batch.client, 'j');
  expect(t).toMatchObject({ userIdentity: { userName: 'carl' }, executionInfo: { exitCode: 0 } });
  const pool = await raw(batch.emulator, { path: '/pools/j' });
  expect(pool.json).toMatchObject({
    userAccounts: [
      { name: 'carl', elevationLevel: 'admin', linuxUserConfiguration: { uid: 1001, gid: 1001 } },
    ],
  });
  expect(pool.text).not.toContain('hush');
});
