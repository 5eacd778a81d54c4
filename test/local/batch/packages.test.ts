import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openApplicationStore } from '../../../local/batch/application/store.ts';
import { openDatabase } from '../../../local/batch/store/database.ts';
import {
  addPoolAndJob,
  completedTasks,
  errorOf,
  poolOf,
  startBatch,
  until,
  type TestBatch,
} from './emulator.ts';
import { nodesOf } from './nodes.ts';
import { zipOf, type ZipMember } from './zip.ts';

let batch: TestBatch;

afterEach(() => batch.close());

/** An emulator whose account has packages, put there while it is stopped. */
async function startWith(packages: Record<string, ZipMember[]>): Promise<void> {
  batch = await startBatch();
  const { dataDir } = batch;
  await batch.emulator.close();
  const db = openDatabase(dataDir, {
    failed: (error) => {
      throw error;
    },
  });
  const store = openApplicationStore(db, dataDir);
  for (const [name, members] of Object.entries(packages)) {
    const [id = '', version = ''] = name.split(':');
    store.putApplication(id, { defaultVersion: version });
    store.add(id, version, 1);
    const path = store.path(id, version);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, zipOf(members));
    store.activate(id, version, { format: 'zip', now: 2 });
  }
  store.add('tool', 'pending', 1);
  db.close();
  batch = await startBatch({ dataDir });
}

const tool = [{ name: 'bin/tool', data: '#!/bin/sh\necho "tool $1"\n', mode: 0o100755 }];

test('packages of the pool and of the task are unpacked where their variables say', async () => {
  await startWith({ 'my-app:1.0': tool, 'tool:2.5-beta': tool });
  await addPoolAndJob(batch.client, 'j', {
    pool: {
      applicationPackageReferences: [{ applicationId: 'my-app', version: '1.0' }],
      startTask: { commandLine: `/bin/sh -c '$AZ_BATCH_APP_PACKAGE_my_app_1_0/bin/tool start'` },
    },
  });
  await batch.client.task.add('j', {
    id: 't',
    commandLine: `/bin/sh -c '$AZ_BATCH_APP_PACKAGE_my_app_1_0/bin/tool a; $AZ_BATCH_APP_PACKAGE_tool_2_5_beta/bin/tool b; $AZ_BATCH_APP_PACKAGE_tool/bin/tool c'`,
    applicationPackageReferences: [
      { applicationId: 'tool', version: '2.5-beta' },
      { applicationId: 'tool' },
    ],
  });
  const { t } = await completedTasks(batch.client, 'j');
  expect(t?.executionInfo?.exitCode).toBe(0);
  const [node] = await nodesOf(batch, 'j');
  expect(await node!.read('workitems/j/job-1/t/stdout.txt')).toBe('tool a\ntool b\ntool c\n');
  expect(await node!.read('startup/stdout.txt')).toBe('tool start\n');
});

test('a task whose package is not there fails, and is not tried again', async () => {
  await startWith({});
  await addPoolAndJob(batch.client, 'j', { job: { constraints: { maxTaskRetryCount: 3 } } });
  await batch.client.task.add('j', {
    id: 't',
    commandLine: 'true',
    applicationPackageReferences: [{ applicationId: 'tool', version: 'pending' }],
  });
  const { t } = await completedTasks(batch.client, 'j');
  expect(t?.executionInfo).toMatchObject({
    result: 'failure',
    retryCount: 0,
    failureInfo: { category: 'usererror', code: 'ApplicationPackageError' },
  });
  expect(t?.executionInfo?.exitCode).toBeUndefined();
});

test('a pool with a package that is not active is refused', async () => {
  await startWith({});
  const applicationPackageReferences = [{ applicationId: 'tool', version: 'pending' }];
  expect(
    await errorOf(batch.client.pool.add(poolOf('p', { applicationPackageReferences }))),
  ).toEqual({
    status: 409,
    code: 'InvalidApplicationPackageReferences',
  });
});

test('a package that leads out of its directory makes the node unusable, and nothing is written', async () => {
  await startWith({ 'evil:1': [{ name: '../../../../out.txt', data: 'x' }] });
  const applicationPackageReferences = [{ applicationId: 'evil', version: '1' }];
  await batch.client.pool.add(poolOf('p', { applicationPackageReferences }));
  await until(async () => (await nodesOf(batch, 'p'))[0]?.info.state === 'unusable');
  const [node] = await nodesOf(batch, 'p');
  expect(node?.info.errors?.[0]).toMatchObject({ code: 'ApplicationPackageError' });
  expect(JSON.stringify(node?.info.errors)).toContain('outside the package');
});
