import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { containerWords, findEngine } from '../../../local/batch/node/container.ts';
import {
  addPoolAndJob,
  completedTasks,
  errorOf,
  poolOf,
  startBatch,
  until,
  type TestBatch,
} from './emulator.ts';
import { containersWith, image, prepareEngine, runOptions } from './engine.ts';
import { nodesOf } from './nodes.ts';
import { spawnBatch } from './process.ts';

const { PATH } = process.env;
const unusable = prepareEngine();
let directory: string;
let batch: TestBatch;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'engine-'));
  batch = await startBatch();
});

afterEach(async () => {
  process.env.PATH = PATH;
  await batch.close();
  await rm(directory, { recursive: true, force: true });
});

const containerSettings = { imageName: 'alpine:3', containerRunOptions: '--network none' };

/** Puts a program on PATH that stands in for docker: it notes its words and runs what follows the image. */
async function engine(script: string): Promise<void> {
  const note = `printf '%s\\n' "$@" >> ${directory}/words`;
  await program('docker', `[ "$1" = version ] && exit 0\n${note}\n${script}`);
  process.env.PATH = `${directory}:${PATH}`;
}

async function program(name: string, script: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

const runAfterImage = `[ "$1" = run ] || exit 0
while [ "$1" != alpine:3 ]; do shift; done; shift; exec "$@"`;

async function run(commandLine: string) {
  await addPoolAndJob(batch.client, 'j');
  await batch.client.task.add('j', {
    id: 't',
    commandLine,
    containerSettings,
    environmentSettings: [{ name: 'SECRET', value: 'hush123' }],
  });
}

describe('a task with a container', () => {
  test('is run by the engine, with its node at the same path and its variables by name only', async () => {
    await engine(runAfterImage);
    await run(`/bin/sh -c 'echo "$SECRET in $AZ_BATCH_TASK_ID"; pwd; exit 3'`);
    const { t } = await completedTasks(batch.client, 'j');
    expect(t?.executionInfo).toMatchObject({
      exitCode: 3,
      failureInfo: { code: 'FailureExitCode' },
    });
    const [node] = await nodesOf(batch, 'j');
    const working = join(node!.root, 'workitems/j/job-1/t/wd');
    expect(await node!.read('workitems/j/job-1/t/stdout.txt')).toBe(`hush123 in t\n${working}\n`);
    const words = (await readFile(join(directory, 'words'), 'utf8')).trim().split('\n');
    expect(words).toEqual(
      expect.arrayContaining(['--env', 'SECRET', '--workdir', working, '--network', 'none']),
    );
    expect(words).toContain(`${node!.root}:${node!.root}`);
    expect(words.join(' ')).not.toContain('hush');
  });

  test('that the engine cannot make fails as a container, and is not tried again', async () => {
    await engine(`echo "Unable to find image 'alpine:3' locally" >&2; exit 125`);
    await run('true');
    const { t } = await completedTasks(batch.client, 'j');
    expect(t?.executionInfo).toMatchObject({
      retryCount: 0,
      failureInfo: { category: 'usererror', code: 'ContainerInvalidImage' },
    });
    expect(t?.executionInfo?.exitCode).toBeUndefined();
  });

  test('that is ended has its container removed', async () => {
    await engine(`[ "$1" = rm ] && exit 0\nsleep 1000`);
    await run('true');
    await until(async () => (await batch.client.task.get('j', 't')).state === 'running');
    await until(async () =>
      (await readFile(join(directory, 'words'), 'utf8').catch(() => '')).includes('run'),
    );
    await batch.client.task.terminate('j', 't');
    await until(async () =>
      /\nrm\n--force\nbatch-/.test(await readFile(join(directory, 'words'), 'utf8')),
    );
    expect((await batch.client.task.get('j', 't')).executionInfo?.failureInfo?.code).toBe(
      'TaskEnded',
    );
  });

  test('does not outlive an emulator that was killed', async () => {
    await engine(`[ "$1" = rm ] && exit 0\nsleep 1000`);
    await run('true');
    await until(async () => (await batch.client.task.get('j', 't')).state === 'running');
    const words = async () =>
      (await readFile(join(directory, 'words'), 'utf8').catch(() => '')).trim().split('\n');
    const count = async () => (await words()).filter((word) => word === 'run').length;
    // A task is running a little before its program is.
    await until(async () => (await count()) === 1);
    // The next process takes over the data that this one would still write to, as after a crash.
    await batch.emulator.close();
    const { dataDir } = batch;
    const killed = await spawnBatch(dataDir);
    await until(async () => (await count()) === 2);
    await killed.end('SIGKILL');
    const before = (await words()).length;
    const name = (await words())[(await words()).lastIndexOf('--name') + 1];
    batch = await startBatch({ dataDir });
    const later = (await words()).slice(before);
    expect(later.slice(0, 3)).toEqual(['rm', '--force', name]);
  });

  test('is refused where there is no engine, as is a pool for containers', async () => {
    process.env.PATH = directory;
    await batch.client.job.add({ id: 'j', poolInfo: { poolId: 'p' } });
    const task = { id: 't', commandLine: 'true', containerSettings };
    expect(await errorOf(batch.client.task.add('j', task))).toEqual({
      status: 501,
      code: 'NotEmulated',
    });
    const { virtualMachineConfiguration } = poolOf('p');
    const pool = poolOf('p', {
      virtualMachineConfiguration: {
        ...virtualMachineConfiguration!,
        containerConfiguration: {},
      },
    });
    expect(await errorOf(batch.client.pool.add(pool))).toEqual({
      status: 501,
      code: 'NotEmulated',
    });
  });
});

test('run options keep their quotes, and the image may keep its working directory', () => {
  const place = {
    engine: 'docker',
    name: 'n',
    root: '/r',
    working: '/r/wd',
    environment: { PATH: 'x', A: '1' },
  };
  const settings = {
    imageName: 'i',
    containerRunOptions: `--label 'a b'`,
    workingDirectory: 'containerImageDefault' as const,
  };
  expect(containerWords(settings, ['cmd', 'arg'], place)).toEqual([
    'docker',
    'run',
    '--rm',
    '--name',
    'n',
    '--volume',
    '/r:/r',
    '--env',
    'A',
    '--label',
    'a b',
    'i',
    'cmd',
    'arg',
  ]);
  expect(() => containerWords({ ...settings, containerRunOptions: `'` }, ['x'], place)).toThrow(
    'cannot be split',
  );
});

test('docker whose daemon does not run is passed over for podman', async () => {
  await program('docker', '[ "$1" != version ]');
  expect(findEngine(directory)).toBeUndefined();
  const podman = await program('podman', 'exit 0');
  expect(findEngine(directory)).toBe(podman);
});

describe.skipIf(unusable !== undefined)(
  `a real engine${unusable === undefined ? '' : ` (skipped: ${unusable})`}`,
  () => {
    const settings = { imageName: image, containerRunOptions: runOptions };

    beforeEach(async () => {
      const { virtualMachineConfiguration } = poolOf('c');
      const containerConfiguration = {};
      await batch.client.pool.add(
        poolOf('c', {
          virtualMachineConfiguration: { ...virtualMachineConfiguration!, containerConfiguration },
        }),
      );
      await batch.client.job.add({ id: 'c', poolInfo: { poolId: 'c' } });
    });

    test('runs a program in an image, which leaves its files and its exit code', async () => {
      await batch.client.task.add('c', {
        id: 't',
        commandLine: `/bin/sh -c 'cat /image.txt; echo "$GREETING" > out.txt; echo oops >&2; exit 4'`,
        containerSettings: settings,
        environmentSettings: [{ name: 'GREETING', value: "it's $HOME" }],
      });
      const { t } = await completedTasks(batch.client, 'c');
      expect(t?.executionInfo).toMatchObject({
        exitCode: 4,
        failureInfo: { code: 'FailureExitCode' },
      });
      const [node] = await nodesOf(batch, 'c');
      expect(await node!.read('workitems/c/job-1/t/stdout.txt')).toBe('inside the image\n');
      expect(await node!.read('workitems/c/job-1/t/stderr.txt')).toBe('oops\n');
      expect(await node!.read('workitems/c/job-1/t/wd/out.txt')).toBe("it's $HOME\n");
    });

    test('leaves no container of a task that is ended', async () => {
      const commandLine = `/bin/sh -c 'touch begun; sleep 1000'`;
      await batch.client.task.add('c', { id: 't', commandLine, containerSettings: settings });
      await until(async () => (await batch.client.task.get('c', 't')).state === 'running');
      const [node] = await nodesOf(batch, 'c');
      const begun = join(node!.root, 'workitems/c/job-1/t/wd/begun');
      await until(async () => existsSync(begun));
      expect(containersWith(node!.root)).toHaveLength(1);
      await batch.client.task.terminate('c', 't');
      await until(async () => containersWith(node!.root).length === 0);
      expect((await batch.client.task.get('c', 't')).executionInfo?.failureInfo?.code).toBe(
        'TaskEnded',
      );
    });

    test('that has no such image says so', async () => {
      const containerSettings = { ...settings, imageName: 'localhost/batch-emulator-none:1' };
      await batch.client.task.add('c', { id: 't', commandLine: 'true', containerSettings });
      const { t } = await completedTasks(batch.client, 'c');
      expect(t?.executionInfo?.failureInfo?.code).toBe('ContainerInvalidImage');
    });
  },
);
