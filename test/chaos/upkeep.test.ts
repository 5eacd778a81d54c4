import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ContainerClient } from '@azure/storage-blob';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Garbage } from '../../lib/plan/garbage.ts';
import type { RunRecord } from '../../lib/plan/run.ts';
import type { Claim } from '../../lib/store/claims.ts';
import type { StoredPipeline } from '../../lib/store/pipelines.ts';
import { byName, getJson, pipelineFile, type RunView, until } from '../e2e/harness.ts';
import { type Gated, instanceStatus, post, runOver, startGated } from './gated.ts';

let sluice: Gated;

beforeAll(async () => {
  sluice = await startGated();
});
afterAll(() => sluice.close());

test('a run that no instance can drive is torn down, with a manifest that has every item once', async () => {
  const name = 'hopeless';
  await sluice.apply(pipelineFile({ name, command: 'sleep 600', pack: 2, match: 'none' }));
  await runOver(sluice, name, { a: '1', b: '2', c: '3' });
  const { id } = await until('the run has tasks that run', async () => {
    const [run] = await sluice.runs(name);
    return Number((run?.counts['tasks'] as { running?: number })?.running) > 0 ? run! : null;
  });
  for (let epoch = 1; epoch <= 6; epoch++) {
    await until('its instance runs', async () => {
      const status = await instanceStatus(sluice.urls.host, `${id}-e${epoch}`).catch(() => null);
      return status === 'Running' ? status : null;
    });
    await sluice.instance(`${id}-e${epoch}`, 'terminate');
    await sluice.sweep();
  }
  const ended = await until('it is cleaned up', async () => {
    const [run] = await sluice.runs(name);
    if (run?.phase === 'done') return run;
    await sluice.sweep();
    return null;
  });
  expect(ended).toMatchObject({
    status: 'Failed',
    error: {
      code: 'Abandoned',
      message: expect.stringMatching(/took this run over 5 times .* Terminated/) as string,
    },
  });
  const items = byName(await sluice.manifest(id));
  expect([...items.keys()].toSorted()).toEqual(['a', 'b', 'c']);
  expect([...items.values()].map(({ status }) => status)).toEqual(['Failed', 'Failed', 'Failed']);
  expect(await sluice.batch.pool.list()).toHaveLength(0);
  expect(await sluice.batch.job.list()).toHaveLength(0);
});

/** A pool that names a run, as the app makes them, without nodes. */
async function addPool(id: string, metadata: Record<string, string>): Promise<void> {
  await sluice.batch.pool.add({
    id,
    vmSize: 'Standard_D2as_v5',
    targetDedicatedNodes: 0,
    virtualMachineConfiguration: {
      imageReference: { publisher: 'microsoft-dsvm', offer: 'ubuntu-hpc', sku: '2404' },
      nodeAgentSKUId: 'batch.node.ubuntu 24.04',
    },
    metadata: Object.entries(metadata).map(([name, value]) => ({ name, value })),
  });
}

test('gc lists what is nobody’s without touching it, then removes that and nothing else', async () => {
  const home = new URL(sluice.urls.blob).pathname;
  const ours = {
    'sluice:home': sluice.storageGate.url + home,
    'sluice:expires': '2099-01-01T00:00:00Z',
  };
  const unknown = 'gone-261124001703-6d4dc3b937d4';
  await addPool('orphan', { ...ours, 'sluice:run': unknown });
  await addPool('another-sluice', {
    ...ours,
    'sluice:run': unknown,
    'sluice:home': 'https://x.blob.core.windows.net',
  });
  await addPool('somebody', {});
  await sluice.batch.job.add({
    id: 'orphan-j1',
    poolInfo: { poolId: 'orphan' },
    metadata: Object.entries({ ...ours, 'sluice:run': unknown }).map(([name, value]) => ({
      name,
      value,
    })),
  });
  const listed = await cli('gc', '--dry-run', '--json');
  expect((JSON.parse(listed.stdout) as { value: Garbage[] }).value).toEqual([
    { kind: 'pool', id: 'orphan', run: unknown, reason: 'its run has ended or never was' },
    { kind: 'job', id: 'orphan-j1', run: unknown, reason: 'its run has ended or never was' },
  ]);
  expect(await sluice.batch.pool.list()).toHaveLength(3);
  const removed = await cli('gc');
  expect(removed.stderr).toBe('');
  expect(removed.stdout).toContain('2 removed');
  const left = await until('the orphans are gone', async () => {
    const pools = await sluice.batch.pool.list();
    return pools.length === 2 ? pools.map(({ id }) => id) : null;
  });
  expect(left.toSorted()).toEqual(['another-sluice', 'somebody']);
  expect((await cli('gc', '--dry-run')).stdout).toBe('nothing to remove\n');
});

test('logs and runs go once they are older than their pipeline keeps them', async () => {
  const name = 'short-lived';
  const command = 'echo printed; touch "$OUTPUT_DIR/out.txt"';
  await sluice.apply(pipelineFile({ name, command, rest: 'keep: { logs: 0s, runs: 1h }' }));
  await sluice.drop(name, { a: '1' });
  const [run] = (await sluice.finished(name, 1)) as [RunView];
  const kinds = async () =>
    (await post<{ value: Garbage[] }>(`${sluice.urls.api}/gc`)).value
      .filter((each) => each.run === run.id)
      .map(({ kind }) => kind);
  expect(await blobsOf(run.id)).toContain(`runs/${run.id}/logs/000001/a1/stdout.txt`);
  expect(await kinds()).toEqual(['logs']);
  expect((await blobsOf(run.id)).filter((blob) => blob.includes('/logs/'))).toEqual([]);
  expect(await kinds()).toEqual([]);
  expect(byName(await sluice.manifest(run.id)).size).toBe(1);

  expect(await sluice.runs(name)).toEqual([run]);
  await sluice.apply(pipelineFile({ name, command, rest: 'keep: { runs: 0s }' }));
  expect(await kinds()).toEqual(['run']);
  expect(await blobsOf(run.id)).toEqual([]);
  expect(await sluice.runs(name)).toEqual([]);
  expect(await sluice.runs(`${name}&status=Succeeded`)).toEqual([]);
  const gone = await fetch(`${sluice.urls.api}/runs/${run.id}`);
  expect(gone.status).toBe(404);
});

test('what a run has in Batch names the run, where its record is, and until when it may be there', async () => {
  const name = 'marked';
  await sluice.apply(pipelineFile({ name, command: 'touch "$OUTPUT_DIR/out.txt"' }));
  const holding = sluice.batchGate.holdNext(
    ({ url, body }) => url.includes('addtaskcollection') && body.includes(`${name}-`),
  );
  await sluice.drop(name, { a: '1' });
  const held = await holding;
  const [run] = (await sluice.runs(name)) as [RunView];
  for (const { metadata } of [
    await sluice.batch.pool.get(run.id),
    await sluice.batch.job.get(`${run.id}-j1`),
  ]) {
    const values = new Map(metadata?.map((item) => [item.name, item.value]));
    expect(values.get('sluice:run')).toBe(run.id);
    expect(values.get('sluice:home')).toContain(sluice.storageGate.url);
    const days = (Date.parse(values.get('sluice:expires') ?? '') - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(30);
    expect(days).toBeLessThan(32);
  }
  await held.release();
  await sluice.finished(name, 1);
});

test('a finished run is not begun again, whoever asks', async () => {
  const [run] = (await sluice.runs('marked')) as [RunView];
  const read = async (file = 'run.json') =>
    (await control().getBlobClient(`runs/${run.id}/${file}`).downloadToBuffer()).toString();
  const before = await read();
  const { startedAt } = JSON.parse(before) as RunRecord;
  // The claim of the run is delivered once more, long after it was carried out.
  const rows = await namesOf('ledger/marked/rows/');
  const hashes = rows.map((row) => row.slice(row.lastIndexOf('/') + 1));
  const stored = JSON.parse(await read('pipeline.json')) as StoredPipeline;
  const claimed = { run: run.id, pipeline: 'marked', claimedAt: startedAt, hashes };
  const body = JSON.stringify({ ...claimed, stored } satisfies Claim);
  const late = control().getBlockBlobClient(`open/marked/${run.id}.json`);
  await late.upload(body, body.length);
  await sluice.sweep();
  expect(await late.exists()).toBe(false);
  expect(await read()).toBe(before);
  expect(await instanceStatus(sluice.urls.host, `${run.id}-e1`)).toBe('Completed');
  expect(await getJson(`${sluice.urls.api}/gc`)).toMatchObject({ value: [] });
});

/** Not synchronous: the gates are in this process. */
function cli(...args: string[]) {
  const all = ['cli/main.ts', ...args, '--url', sluice.urls.api];
  return promisify(execFile)(process.execPath, all, { env: { ...process.env, NO_COLOR: '1' } });
}

const control = (): ContainerClient => sluice.blobs.getContainerClient('sluice');

async function namesOf(prefix: string, container = control()): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of container.listBlobsFlat({ prefix })) names.push(name);
  return names;
}

async function blobsOf(run: string): Promise<string[]> {
  const names: string[] = [];
  for (const container of ['sluice', 'sluice-work']) {
    names.push(...(await namesOf(`runs/${run}/`, sluice.blobs.getContainerClient(container))));
  }
  return names;
}
