import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appSettings, dropSubscription } from '../../cli/stack/launch.ts';
import { type Stack, startStack } from '../../local/stack/stack.ts';
import { connect, pipelineFile, type Sluice, temporaryFolder } from './harness.ts';
import { withChildren } from './processes.ts';

const folder = temporaryFolder();
let stack: Stack;
let sluice: Omit<Sluice, 'close'>;

/** Lays the app out as it is deployed: compiled, and found through package.json's "main". */
beforeAll(async () => {
  const app = join(folder, 'app');
  mkdirSync(app);
  for (const file of ['package.json', 'host.json']) copyFileSync(file, join(app, file));
  symlinkSync(resolve('node_modules'), join(app, 'node_modules'));
  const compiler = resolve('node_modules/.bin/tsc');
  execFileSync(compiler, ['-p', 'tsconfig.build.json', '--outDir', join(app, 'dist')]);
  stack = await startStack({
    dataDir: join(folder, 'data'),
    appDir: app,
    settings: appSettings,
    subscriptions: (urls) => [dropSubscription(urls)],
  });
  sluice = connect(stack.urls, folder);
});
afterAll(async () => {
  await stack.close();
  rmSync(folder, { recursive: true, force: true });
});

test('the app takes no more heap than its setting gives it', () => {
  const host = stack.processes.find(({ name }) => name === 'host')!;
  const [, app] = withChildren(host.pid);
  const args = readFileSync(`/proc/${app}/cmdline`, 'utf8').split('\0');
  expect(args).toContain('--max-old-space-size=256');
});

test('the compiled app goes the whole path, from a dropped file to a manifest', async () => {
  const rest = `merge: { command: 'xargs cat < "$INPUT_LIST" > "$OUTPUT_DIR/all.txt"', outputs: [all.txt] }`;
  const command = 'cp "$INPUT" "$OUTPUT_DIR/out.txt"';
  await sluice.apply(pipelineFile({ name: 'compiled', command, pack: 2, rest }));
  await sluice.drop('compiled', { a: '1', b: '2', c: '3' });
  const [run] = await sluice.finished('compiled', 3);
  const manifest = await sluice.manifest(run!.id);
  expect(manifest.items!.map(({ cause, message }) => ({ cause, message }))).toEqual(
    Array.from({ length: 3 }, () => ({ cause: null, message: null })),
  );
  expect(manifest).toMatchObject({
    run: { status: 'Succeeded' },
    merge: { outputs: [{ name: 'all.txt', size: 3 }] },
  });
});
