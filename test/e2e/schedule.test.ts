import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Ticked } from '../../lib/activities/schedule.ts';
import { sha256 } from '../../lib/plan/ids.ts';
import type { StoredPipeline } from '../../lib/store/pipelines.ts';
import { askJson } from '../lib/api/checked.ts';
import { cleanedUp, textOf } from './actions.ts';
import { pipelineFile, type RunView, type Sluice, startSluice, until } from './harness.ts';

let sluice: Sluice;

beforeAll(async () => {
  sluice = await startSluice();
});
afterAll(() => sluice.close());

/** Ticks as of a time, some at once when `times` says so; what was said of one pipeline, first tick first. */
async function tick(pipeline: string, now: string, times = 1): Promise<Ticked[]> {
  const ticks = Array.from({ length: times }, () =>
    askJson<{ value: Ticked[] }>(sluice.urls.api, 'POST', '/tick', { now }),
  );
  const all = (await Promise.all(ticks)).flatMap(({ value }) => value);
  return all.filter((ticked) => ticked.pipeline === pipeline);
}

async function gathered(pipeline: string, drops: number): Promise<void> {
  const path = `/drops?pipeline=${pipeline}&state=pending`;
  await until(`${drops} drops of ${pipeline} wait`, async () => {
    const { value } = await askJson<{ value: object[] }>(sluice.urls.api, 'GET', path);
    return value.length === drops ? value : null;
  });
}

function scheduled(name: string, schedule: string, container = name): Promise<void> {
  const file = pipelineFile({
    name,
    container,
    command: 'cp "$INPUT" "$OUTPUT_DIR/out.txt"',
    settle: '0s',
  });
  return sluice.apply(file.replace('settle: 0s } }', `settle: 0s }, schedule: { ${schedule} } }`));
}

/** The night of a year that is far from now, so that the stack's own ticks do not come to it. */
const NIGHT = '2031-01-15T01:00:00.000Z';

test('the example counts at two in Berlin what was dropped since the night before, once', async () => {
  const name = 'log-rollup-nightly';
  await sluice.apply(readFileSync('examples/log-rollup/nightly.yaml', 'utf8'));
  const sample = 'examples/log-rollup/sample';
  const files = readdirSync(sample).map(
    (file) => [`nightly/${file}`, readFileSync(`${sample}/${file}`)] as const,
  );
  await sluice.drop('incoming', Object.fromEntries(files));
  await gathered(name, files.length);
  await askJson(sluice.urls.api, 'POST', '/sweep');
  expect(await sluice.runs(name)).toEqual([]);
  // Three ticks at once, as when the platform starts a late one beside the next.
  const said = await tick(name, NIGHT, 3);
  const runs = await sluice.runs(name);
  expect(runs).toMatchObject([{ trigger: { kind: 'schedule', scheduledFor: NIGHT } }]);
  const [{ id }] = runs as [RunView];
  expect(new Set(said.flatMap((ticked) => ticked.runs))).toEqual(new Set([id]));
  await cleanedUp(sluice, id);
  const manifest = await sluice.manifest(id);
  expect(manifest.counts).toMatchObject({ items: files.length, succeeded: files.length });
  const lines = files.map(([, packed]) => gunzipSync(packed).toString().split('\n').length - 1);
  const total = await textOf(sluice, manifest.merge!.outputs[0]!.url);
  expect(Number(total)).toBe(lines.reduce((sum, count) => sum + count, 0));
  // The next night nothing was dropped.
  const next = await tick(name, '2031-01-16T01:00:30.000Z');
  expect(next).toMatchObject([
    { runs: [], note: expect.stringContaining('no drops waited') as string },
  ]);
  expect(await sluice.runs(name)).toHaveLength(1);
});

test('drops that are too many for one run become several at their time, each drop in one', async () => {
  const name = 'many-drops';
  const file = pipelineFile({ name, command: 'cp "$INPUT" "$OUTPUT_DIR/out.txt"' });
  const more = "maxItems: 2 }, schedule: { cron: '0 1 * * *' } }";
  await sluice.apply(file.replace('settle: 1s } }', more));
  await sluice.drop(name, { a: '1', b: '2', c: '3', d: '4', e: '5' });
  await gathered(name, 5);
  await tick(name, NIGHT, 2);
  const runs = await sluice.finished(name, 5);
  expect(runs.map(({ counts }) => counts.items).toSorted()).toEqual([1, 2, 2]);
});

test('a tick that was cut off is finished by the next one, with the run that it began', async () => {
  const name = 'cut-off';
  const run = `${name}-310115010000-0123456789ab`;
  await scheduled(name, "cron: '0 1 * * *'");
  await sluice.drop(name, { a: '1' });
  await gathered(name, 1);
  // It had come as far as taking the key of the time.
  const key = sha256(`schedule ${NIGHT} 1`);
  const body = JSON.stringify({ run, at: NIGHT, request: 'schedule' });
  const control = sluice.blobs.getContainerClient('sluice');
  await control.getBlockBlobClient(`keys/${name}/${key}.json`).upload(body, body.length);
  expect(await tick(name, '2031-01-15T01:01:00Z')).toMatchObject([
    { scheduledFor: null, note: '100 or more times were missed for good' },
    { scheduledFor: NIGHT, runs: [run] },
  ]);
  const runs = await sluice.finished(name, 1);
  expect(runs).toMatchObject([{ id: run, trigger: { scheduledFor: NIGHT } }]);
});

test('a schedule starts nothing while its pipeline is paused, and does not make up for it', async () => {
  const name = 'held';
  await scheduled(name, "cron: '0 1 * * *', catchUp: all");
  await sluice.drop(name, { a: '1' });
  await gathered(name, 1);
  await askJson(sluice.urls.api, 'POST', `/pipelines/${name}/pause`);
  const paused = await tick(name, '2031-01-15T01:00:00Z');
  expect(paused).toMatchObject([{ runs: [], note: expect.stringContaining('paused') as string }]);
  await askJson(sluice.urls.api, 'POST', `/pipelines/${name}/resume`);
  expect(await tick(name, '2031-01-15T01:01:00Z')).toEqual([]);
  expect(await tick(name, '2031-01-16T01:00:00Z')).toMatchObject([
    { scheduledFor: '2031-01-16T01:00:00.000Z', runs: [expect.any(String) as string] },
  ]);
  expect((await sluice.finished(name, 1))[0]).toMatchObject({ trigger: { kind: 'schedule' } });
});

test('the timer starts what came due while nobody was there', async () => {
  const name = 'each-minute';
  await scheduled(name, "cron: '* * * * *'");
  const path = `/pipelines/${name}`;
  const shown = await askJson<StoredPipeline & { nextScheduled: string }>(
    sluice.urls.api,
    'GET',
    path,
  );
  expect(Date.parse(shown.nextScheduled) - Date.now()).toBeLessThanOrEqual(60_000);
  await sluice.drop(name, { a: '1' });
  await gathered(name, 1);
  await applyBefore(shown, 600_000);
  const fired = await fetch(`${new URL(sluice.urls.api).origin}/admin/functions/schedules`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  expect(fired.status).toBe(202);
  const [run] = await sluice.finished(name, 1);
  const { kind, scheduledFor = '' } = run!.trigger;
  expect(kind).toBe('schedule');
  expect(Date.parse(scheduledFor)).toBeLessThanOrEqual(Date.now());
});

/** Has a pipeline look as if it had been applied so many milliseconds earlier. */
async function applyBefore(shown: StoredPipeline, milliseconds: number): Promise<void> {
  const { name, hash, pipeline, source } = shown;
  const updatedAt = new Date(Date.parse(shown.updatedAt) - milliseconds).toISOString();
  const body = JSON.stringify({ name, hash, updatedAt, pipeline, source });
  const blob = sluice.blobs
    .getContainerClient('sluice')
    .getBlockBlobClient(`pipelines/${name}.json`);
  await blob.upload(body, Buffer.byteLength(body));
}
