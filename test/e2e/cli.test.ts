import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  pipelineFile,
  type RunView,
  type Sluice,
  startSluice,
  temporaryFolder,
} from './harness.ts';

const folder = temporaryFolder();
let sluice: Sluice;

beforeAll(async () => {
  sluice = await startSluice();
});
afterAll(async () => {
  await sluice.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the command line as a person would, against the stack under test. */
function cli(...args: string[]) {
  const all = ['cli/main.ts', ...args, '--url', sluice.urls.api];
  return spawnSync(process.execPath, all, {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
}

function file(name: string, body: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, body);
  return path;
}

test('a pipeline is applied, files are dropped, and the run is shown', async () => {
  const source = pipelineFile({
    name: 'typed',
    match: 'in/**/*.txt',
    command: 'cp "$INPUT" "$OUTPUT_DIR/out.txt"',
  });
  const applied = cli('apply', file('typed.yaml', source));
  expect(applied).toMatchObject({ status: 0, stdout: expect.stringContaining('typed') as string });
  for (const name of ['a.txt', 'deep/b.txt']) file(`drops/${name}`, name);
  expect(cli('drop', 'typed', join(folder, 'drops'))).toMatchObject({ status: 0 });
  const [run] = await sluice.finished('typed', 2);
  const names = (await sluice.manifest(run!.id)).items!.map(({ inputs }) => inputs[0]!.name);
  expect(names).toEqual(['in/a.txt', 'in/deep/b.txt']);
  expect(cli('status').stdout).toContain(run!.id);
  const shown = cli('status', run!.id, '--json');
  expect(JSON.parse(shown.stdout) as { run: RunView }).toMatchObject({
    run: { id: run!.id, status: 'Succeeded' },
  });
});

test('a broken pipeline is refused with file, line and column, and the exit code says so', () => {
  const source = pipelineFile({ name: 'broken', command: 'true' }).replace('timeout:', 'timeot:');
  const path = file('broken.yaml', source);
  const { status, stderr } = cli('apply', path);
  expect(status).toBe(2);
  expect(stderr).toContain(`${path}:9:3`);
  expect(stderr).toContain("write 'timeout'");
});

test('what does not exist is named, with what to type', () => {
  for (const args of [
    ['status', 'nope-261124001703-6d4dc3b937d4'],
    ['drop', 'nope', folder],
    ['apply', '/no/such.yaml'],
  ]) {
    const { status, stderr } = cli(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(args.at(1)!);
    expect(stderr).not.toContain('    at ');
  }
});
