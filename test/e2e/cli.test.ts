import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { start } from './actions.ts';
import {
  getJson,
  pipelineFile,
  type RunView,
  type Sluice,
  startSluice,
  temporaryFolder,
  until,
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

test('a pipeline is paused, goes on with what gathered, and is removed', async () => {
  const source = pipelineFile({
    name: 'held',
    command: 'cp "$INPUT" "$OUTPUT_DIR/out.txt"',
    settle: '0s',
  });
  expect(cli('apply', file('held.yaml', source)).status).toBe(0);
  expect(cli('pause', 'held')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('sluice resume held') as string,
  });
  expect(cli('pipelines').stdout).toMatch(/^held +paused +- /m);
  expect(cli('drop', 'held', file('held.txt', 'x')).status).toBe(0);
  await until('the drop waits', async () => {
    const url = `${sluice.urls.api}/drops?pipeline=held&state=pending`;
    return (await getJson<{ value: unknown[] }>(url)).value.length === 1 || null;
  });
  expect(await sluice.runs('held')).toEqual([]);
  const resumed = cli('resume', 'held', '--json');
  expect(JSON.parse(resumed.stdout)).toMatchObject({ name: 'held', paused: false });
  const [run] = await sluice.finished('held', 1);
  await until('the run is cleaned up', async () => {
    const [now] = await sluice.runs('held');
    return now?.phase === 'done' || null;
  });
  expect(cli('delete', 'held')).toMatchObject({ status: 0 });
  expect(cli('pipelines').stdout).not.toMatch(/^held/m);
  expect(cli('status', run!.id).status).toBe(0);
  const gone = cli('pause', 'held');
  expect(gone).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("no pipeline 'held'") as string,
  });
});

test('what failed is retried, and what came out is verified and listed', async () => {
  const command = 'grep -q good "$INPUT" && cp "$INPUT" "$OUTPUT_DIR/out.txt"';
  const id = await start(sluice, { name: 'redone', command }, { a: 'good', b: 'bad' });
  await sluice.ended('redone');
  expect(cli('verify', id)).toMatchObject({ status: 0 });
  await sluice.drop('redone', { b: 'good now' });
  expect(cli('retry', id, '--failed')).toMatchObject({ status: 0 });
  expect(cli('watch', id)).toMatchObject({ status: 0 });
  const { generation, counts, items } = await sluice.manifest(id);
  expect({ generation, counts }).toMatchObject({ generation: 2, counts: { succeeded: 2 } });
  const listed = cli('outputs', id, '--json');
  const urls = items!.flatMap(({ outputs }) => outputs.map(({ url }) => url));
  for (const url of urls) expect(listed.stdout).toContain(url);
  const name = new URL(urls[0]!).pathname.split('/').slice(3).join('/');
  await sluice.blobs.getContainerClient('sluice-work').deleteBlob(decodeURIComponent(name));
  const missing = cli('verify', id);
  expect(missing.status).toBe(1);
  expect(missing.stdout).toContain('000001');
});

test('a run is cancelled, with the reason in its record, and only once', async () => {
  const id = await start(sluice, { name: 'slow', command: 'sleep 600' }, { a: '' });
  expect(cli('cancel', id, '--reason', 'enough')).toMatchObject({ status: 0 });
  expect(await sluice.ended('slow')).toMatchObject({
    status: 'Cancelled',
    cancel: { reason: 'enough' },
  });
  expect(cli('cancel', id)).toMatchObject({ status: 2 });
  expect(cli('gc', '--dry-run')).toMatchObject({ status: 0 });
});

test('a drop for a pipeline that takes none is refused before anything is uploaded', () => {
  const source = pipelineFile({ name: 'asked', command: 'true' }).replace(/^on: .*\n/m, '');
  expect(cli('apply', file('asked.yaml', source)).status).toBe(0);
  const { status, stderr } = cli('drop', 'asked', file('some.txt', 'x'));
  expect(status).toBe(2);
  expect(stderr).toContain('sluice run asked');
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
