import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Row } from '../../lib/store/ledger.ts';
import { textOf } from './actions.ts';
import {
  byName,
  getJson,
  type Manifest,
  pipelineFile,
  type RunView,
  type Sluice,
  startSluice,
} from './harness.ts';

let sluice: Sluice;

beforeAll(async () => {
  sluice = await startSluice();
});
afterAll(() => sluice.close());

const lines = (count: number): Buffer => gzipSync('a line\n'.repeat(count));

test('files dropped close together become one run, its results and its manifest', async () => {
  await sluice.apply(readFileSync('examples/log-rollup/pipeline.yaml', 'utf8'));
  const files = Object.fromEntries(
    Array.from({ length: 120 }, (_, index) => [`logs/package-${index}/changelog.gz`, lines(index)]),
  );
  await sluice.drop('incoming', {
    ...files,
    'logs/notes.txt': 'not a match',
    'other/changelog.gz': lines(5),
  });
  const [run, ...others] = await sluice.finished('log-rollup', 120);
  expect(others).toEqual([]);
  expect(run).toMatchObject({
    status: 'Succeeded',
    trigger: { kind: 'drop' },
    counts: {
      items: 120,
      waiting: 0,
      running: 0,
      succeeded: 120,
      failed: 0,
      tasks: { completed: 4 },
    },
  });
  await isWhole(run!, files);
  await leavesNothing(run!);
});

async function isWhole(run: RunView, files: Record<string, Buffer>): Promise<void> {
  const manifest = await sluice.manifest(run.id);
  expect(manifest).toMatchObject({
    schema: 'sluice.manifest/1',
    generation: 1,
    run: { id: run.id, pipeline: 'log-rollup', status: 'Succeeded' },
    counts: { items: 120, succeeded: 120, failed: 0, cancelled: 0 },
    merge: { status: 'Succeeded' },
    parts: null,
  });
  expect([...byName(manifest).keys()].toSorted()).toEqual(Object.keys(files).toSorted());
  const total = Array.from({ length: 120 }, (_, index) => index).reduce((sum, n) => sum + n, 0);
  expect(await textOf(sluice, manifest.merge!.outputs[0]!.url)).toBe(`${total}\n`);
  const item = byName(manifest).get('logs/package-17/changelog.gz')!;
  expect(await textOf(sluice, item.outputs[0]!.url)).toBe('17\n');
  await hasRows(manifest);
}

/** Each drop has exactly one row, which says that it is done and by which run. */
async function hasRows(manifest: Manifest): Promise<void> {
  const control = sluice.blobs.getContainerClient('sluice');
  const rows: Row[] = [];
  for await (const { name } of control.listBlobsFlat({ prefix: 'ledger/log-rollup/' })) {
    expect(name).toContain('/rows/');
    rows.push(JSON.parse((await control.getBlobClient(name).downloadToBuffer()).toString()) as Row);
  }
  expect(rows).toHaveLength(120);
  for (const row of rows) expect(row).toMatchObject({ state: 'done', run: manifest.run.id });
}

async function leavesNothing(run: RunView): Promise<void> {
  const pools = await sluice.batch.pool.list();
  const jobs = await sluice.batch.job.list();
  expect([...pools, ...jobs].filter(({ id }) => id?.startsWith(run.id))).toEqual([]);
  const control = sluice.blobs.getContainerClient('sluice');
  for (const prefix of ['active/', 'open/']) {
    for await (const { name } of control.listBlobsFlat({ prefix })) expect.unreachable(name);
  }
}

test('each drop that comes alone gets a run of its own, listed newest first', async () => {
  await sluice.apply(
    pipelineFile({ name: 'alone', command: 'cp "$INPUT" "$OUTPUT_DIR/out.txt"', settle: '0s' }),
  );
  for (const [index, name] of ['a', 'b', 'c'].entries()) {
    await sluice.drop('alone', { [name]: name });
    await sluice.finished('alone', index + 1);
  }
  const runs = await sluice.runs('alone');
  expect(runs).toHaveLength(3);
  expect(runs.map(({ startedAt }) => startedAt)).toEqual(
    runs
      .map(({ startedAt }) => startedAt)
      .toSorted()
      .toReversed(),
  );
  const all = await getJson<{ value: RunView[] }>(`${sluice.urls.api}/runs`);
  expect(all.value.length).toBeGreaterThan(3);
});

test('the same blob written again is a new version and gets a run of its own', async () => {
  await sluice.apply(
    pipelineFile({ name: 'again', command: 'cp "$INPUT" "$OUTPUT_DIR/out.txt"', settle: '0s' }),
  );
  await sluice.drop('again', { x: 'first' });
  await sluice.finished('again', 1);
  await sluice.drop('again', { x: 'second' });
  const [newest] = await sluice.finished('again', 2);
  const manifest = await sluice.manifest(newest!.id);
  expect(await textOf(sluice, manifest.items![0]!.outputs[0]!.url)).toBe('second');
});

test('two pipelines that watch the same blob each make a run of it', async () => {
  const command = 'cp "$INPUT" "$OUTPUT_DIR/out.txt"';
  await sluice.apply(pipelineFile({ name: 'left', container: 'both', command }));
  await sluice.apply(pipelineFile({ name: 'right', container: 'both', command }));
  await sluice.drop('both', { x: 'shared' });
  expect(await sluice.finished('left', 1)).toMatchObject([{ status: 'Succeeded' }]);
  expect(await sluice.finished('right', 1)).toMatchObject([{ status: 'Succeeded' }]);
});
