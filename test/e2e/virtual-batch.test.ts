import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appSettings, dropSubscription } from '../../cli/stack/launch.ts';
import { PACKAGE_ROOT } from '../../cli/package-root.ts';
import { startStack, type Stack } from '../../local/stack/stack.ts';
import { spawnBatch, type BatchProcess } from '../local/batch/process.ts';
import { connect, getJson, pipelineFile, temporaryFolder } from './harness.ts';

/** What the task script leaves for each item, played by the emulator in virtual time. */
const simulation = {
  seed: 4,
  tasks: [
    {
      duration: ['PT20M', 'PT50M'],
      exitCode: { 7: 0.1 },
      files: [
        { path: 'up/records/{1}.{2}.0.ok.1.{start}.{end}.none', when: 'success' },
        { path: 'up/out/{1}/a{2}/out.txt', text: '{taskId}', when: 'success' },
        { path: 'up/records/{1}.{2}.{exitCode}.exit.0.{start}.{end}.none', when: 'failure' },
      ].map((file) => ({
        ...file,
        forEach: { variable: '^SLUICE_ITEM_', value: '^(\\S+) (\\S+)' },
      })),
    },
  ],
};

const dataDir = temporaryFolder();
const batchDir = mkdtempSync(join(tmpdir(), 'virtual-batch-'));
let batch: BatchProcess;
let stack: Stack;

beforeAll(async () => {
  const template = join(batchDir, 'simulation.json');
  writeFileSync(template, JSON.stringify(simulation));
  batch = await spawnBatch(join(batchDir, 'data'), [
    '--virtual-time',
    '--admin',
    `--simulate=${template}`,
  ]);
  stack = await startStack({
    dataDir,
    appDir: PACKAGE_ROOT,
    functions: 'functions/*.ts',
    settings: (urls) => ({
      ...appSettings(urls),
      SLUICE_BATCH_URL: batch.url,
      SLUICE_BATCH_ACCOUNT: batch.account,
      SLUICE_BATCH_KEY: batch.key,
    }),
    subscriptions: (urls) => [dropSubscription(urls)],
  });
});

afterAll(async () => {
  await Promise.all([stack?.close(), batch?.end('SIGTERM')]);
  for (const folder of [dataDir, batchDir]) rmSync(folder, { recursive: true, force: true });
});

test('a run of hours plays in seconds on a Batch account with virtual time, with every item in its manifest', async () => {
  const sluice = connect(stack.urls, dataDir);
  const time = async (): Promise<number> =>
    Date.parse((await getJson<{ now: string }>(`${batch.url}/_emulator/time`)).now);
  const before = await time();
  const items = 60;
  await sluice.apply(
    pipelineFile({ name: 'virtual', command: ': simulated', timeout: '1h', settle: '1s' }),
  );
  const files = Array.from({ length: items }, (_, index) => [`item-${index}`, 'x'] as const);
  await sluice.drop('virtual', Object.fromEntries(files));
  const runs = await sluice.finished('virtual', items);
  const manifests = await Promise.all(runs.map(({ id }) => sluice.manifest(id)));
  const all = manifests.flatMap((manifest) => manifest.items ?? []);
  expect(new Set(all.flatMap(({ inputs }) => inputs.map(({ name }) => name))).size).toBe(items);
  const succeeded = all.filter(({ status }) => status === 'Succeeded');
  expect(succeeded.length).toBeGreaterThan(items / 2);
  for (const { outputs } of succeeded) expect(outputs.map(({ name }) => name)).toEqual(['out.txt']);
  for (const { status, attempts } of all) {
    expect(attempts.at(-1)?.exitCode).toBe(status === 'Succeeded' ? 0 : 7);
  }
  expect((await time()) - before).toBeGreaterThan(20 * 60_000);
});
