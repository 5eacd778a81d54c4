import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { byName, getJson, pipelineFile, type RunView, until } from '../e2e/harness.ts';
import { type Gated, runOver, startGated } from './gated.ts';
import { LONG } from './long.ts';

let sluice: Gated;

beforeAll(async () => {
  sluice = await startGated();
});
afterEach(() => sluice.setFaults({}));
afterAll(() => sluice.close());

const COMMAND = 'cat "$INPUT" > "$OUTPUT_DIR/out.txt"';
const FILES = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, `of ${name}`]));

async function begin(name: string, change: (source: string) => string = (same) => same) {
  await sluice.apply(change(pipelineFile({ name, command: COMMAND, match: 'none', slots: 1 })));
  await runOver(sluice, name, FILES);
}

/** The run once it shows what it waits for. */
function waiting(name: string): Promise<RunView> {
  return until(`the run of ${name} waits`, async () => {
    const [run] = await sluice.runs(name);
    return run?.waiting ? run : null;
  });
}

const withMaxWait = (seconds: string) => (source: string) =>
  source.replace('slots: 1 }', `slots: 1, maxWait: ${seconds} }`);

test('a run that the quota leaves without nodes says so with numbers and the remedy, and goes on once there is room', async () => {
  await sluice.setFaults({ quotas: { dedicatedCores: 0 } });
  await begin('quota');
  const { waiting: shown, status } = await waiting('quota');
  expect(status).toBe('Running');
  expect(shown).toMatchObject({ for: 'WaitingForCapacity', have: 0, need: 4 });
  expect(shown!.message).toMatch(/core quota.*AccountCoreQuotaReached.*raise/);
  await sluice.setFaults({});
  const [run] = await sluice.finished('quota', 4);
  expect(run).toMatchObject({ status: 'Succeeded', waiting: null });
});

test.runIf(LONG)(
  'a region without machines is told apart from a quota, and asked again',
  async () => {
    await sluice.setFaults({ allocation: [{ capacity: 0, error: 'AllocationFailed' }] });
    await begin('stock');
    const { waiting: shown } = await waiting('stock');
    expect(shown!.message).toMatch(/no Standard_D2as_v5.*AllocationFailed.*another vmSize/);
    await sluice.setFaults({});
    expect(await sluice.finished('stock', 4)).toMatchObject([{ status: 'Succeeded' }]);
  },
);

test.runIf(LONG)('a run that has some of its nodes works with those', async () => {
  await sluice.setFaults({ allocation: [{ capacity: 1, error: 'AllocationFailed' }] });
  await begin('some', withMaxWait('60s'));
  expect(await sluice.finished('some', 4)).toMatchObject([{ status: 'Succeeded' }]);
});

test('a run without a node for longer than pool.maxWait ends, with the reason and all its items', async () => {
  await sluice.setFaults({ allocation: [{ capacity: 0, error: 'AllocationFailed' }] });
  await begin('patience', withMaxWait('60s'));
  const { id } = await waiting('patience');
  // A minute is what the schema allows at least: the clock is turned back in what the run shows.
  const progress = sluice.blobs
    .getContainerClient('sluice')
    .getBlockBlobClient(`runs/${id}/progress.json`);
  const shown = (await progress.downloadToBuffer()).toString();
  const earlier = shown.replace(/"since":"[^"]+"/, `"since":"${new Date(0).toISOString()}"`);
  expect(earlier).not.toBe(shown);
  await progress.upload(earlier, earlier.length);
  const [run] = await sluice.finished('patience', 4);
  expect(run).toMatchObject({ status: 'Failed', error: { code: 'NoCapacity' } });
  expect(run!.error!.message).toMatch(/60 s of pool.maxWait.*AllocationFailed/);
  const items = byName(await sluice.manifest(id));
  expect([...items.values()].map(({ cause }) => cause)).toEqual(Array(4).fill('NotRun'));
  await isGone(id);
});

test.runIf(LONG)(
  'a run for which there is no room for a pool or a job waits for its turn',
  async () => {
    await sluice.setFaults({ quotas: { pools: 0 } });
    await begin('turn');
    expect((await waiting('turn')).waiting!.message).toContain('pool quota');
    await sluice.setFaults({ quotas: { activeJobs: 0 } });
    await until('the job is refused', async () => {
      const [run] = await sluice.runs('turn');
      return run?.waiting?.message.includes('active jobs') ? run : null;
    });
    await sluice.setFaults({});
    expect(await sluice.finished('turn', 4)).toMatchObject([
      { status: 'Succeeded', waiting: null },
    ]);
  },
);

/** Why bad nodes cannot be replaced here; the emulator may lack the operation. */
async function whyNotReplaced(): Promise<string | null> {
  const { code } = await sluice.batch.pool
    .removeNodes('none', { nodeList: ['none'] })
    .then(() => ({ code: '' }))
    .catch((error: unknown) => error as { code?: string });
  return code === 'NotEmulated' ? 'the Batch emulator does not remove nodes yet' : null;
}

test.runIf(LONG)(
  'unusable nodes are replaced, what is known of them is kept, and their tasks go elsewhere',
  async ({ skip }) => {
    const missing = await whyNotReplaced();
    skip(missing !== null, missing ?? '');
    await sluice.setFaults({ nodes: { unusable: 1 } });
    await begin('spoilt');
    const { id } = await until(
      'the run is there',
      async () => (await sluice.runs('spoilt'))[0] ?? null,
    );
    const kept = await until('nodes are replaced', async () => {
      const names = await nodeFiles(id);
      return names.length > 0 ? names : null;
    });
    await sluice.setFaults({});
    const [run] = await sluice.finished('spoilt', 4);
    expect(run).toMatchObject({ status: 'Succeeded' });
    expect(kept.every((name) => name.endsWith('.json'))).toBe(true);
  },
);

test('a run whose nodes all come up bad ends with a diagnosis instead of paying for a loop', async ({
  skip,
}) => {
  const missing = await whyNotReplaced();
  skip(missing !== null, missing ?? '');
  await sluice.setFaults({ nodes: { unusable: 1 } });
  await begin('broken');
  const [run] = await sluice.finished('broken', 4);
  expect(run!.error?.message).toMatch(/\d+ were replaced.*unusable.*network rules/);
  expect(run).toMatchObject({ status: 'Failed', error: { code: 'UnhealthyNodes' } });
  const items = byName(await sluice.manifest(run!.id));
  expect([...items.values()].map(({ cause }) => cause)).toEqual(Array(4).fill('StartTask'));
  expect((await nodeFiles(run!.id)).length).toBeGreaterThanOrEqual(4);
  await isGone(run!.id);
});

test.runIf(LONG)(
  'tasks of nodes that are lost finish on others, and every item is there once',
  async () => {
    const name = 'lossy';
    const command = `sleep 1; ${COMMAND}`;
    await sluice.apply(pipelineFile({ name, command, match: 'none', slots: 1 }));
    await runOver(sluice, name, FILES);
    const [node, run] = await until('a task runs', async () => {
      const [view] = await sluice.runs(name);
      if (!view || Number((view.counts['tasks'] as { running: number }).running) === 0) return null;
      const nodes = await sluice.batch.computeNode.list(view.id);
      const busy = nodes.find(({ state }) => state === 'running');
      return busy ? ([busy.id!, view] as const) : null;
    });
    await sluice.befall(run.id, node, 'fail');
    await sluice.finished(name, 4);
    const items = byName(await sluice.manifest(run.id));
    expect([...items.values()].map(({ status }) => status)).toEqual(Array(4).fill('Succeeded'));
  },
);

test('a job of our name that is not ours is left alone, and the next name is taken', async () => {
  const name = 'stranger';
  const holding = sluice.batchGate.holdNext(
    ({ method, url, body }) =>
      method === 'POST' && url.startsWith('/jobs?') && body.includes(`${name}-`),
  );
  await begin(name);
  const held = await holding;
  const { id } = JSON.parse(held.request.body.toString()) as { id: string };
  const pool = id.replace(/-j1$/, '');
  await sluice.batch.job.add({ id, poolInfo: { poolId: pool } });
  await held.release();
  const [run] = await sluice.finished(name, 4);
  expect(run!.status).toBe('Succeeded');
  expect((await sluice.batch.job.list()).map((job) => job.id)).toEqual([id]);
  await sluice.batch.job.deleteMethod(id);
});

test.runIf(LONG)(
  'tasks that Batch takes only in part are offered again until all are there once',
  async () => {
    const partial = { clientError: 0, serverError: 0.3, taskExists: 0.3 };
    await sluice.setFaults({ seed: 5, requests: [{ partial }] });
    const name = 'partly';
    await sluice.apply(pipelineFile({ name, command: COMMAND, match: 'none' }));
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`f${n}`, String(n)]));
    await runOver(sluice, name, files);
    expect(await sluice.finished(name, 40)).toMatchObject([{ status: 'Succeeded' }]);
  },
);

/** What was kept of the nodes that a run let go of. */
async function nodeFiles(run: string): Promise<string[]> {
  const control = sluice.blobs.getContainerClient('sluice');
  const names: string[] = [];
  for await (const { name } of control.listBlobsFlat({ prefix: `runs/${run}/nodes/` })) {
    names.push(name);
  }
  return names;
}

async function isGone(run: string): Promise<void> {
  const ids = [...(await sluice.batch.pool.list()), ...(await sluice.batch.job.list())];
  expect(ids.map(({ id }) => id).filter((id) => id?.startsWith(run))).toEqual([]);
  expect(await getJson(`${sluice.urls.api}/gc`)).toMatchObject({ value: [] });
}
