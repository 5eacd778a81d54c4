import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunRecord } from '../../lib/plan/run.ts';
import { textOf } from '../e2e/actions.ts';
import {
  byName,
  getJson,
  pipelineFile,
  type RunView,
  temporaryFolder,
  until,
} from '../e2e/harness.ts';
import type { Held, Passing } from './gate.ts';
import { type Gated, post, runOver, startGated } from './gated.ts';
import { LONG } from './long.ts';

let sluice: Gated;
const folder = temporaryFolder();
/** Every time that a command ran, told by the command itself. */
const ledgerFile = join(folder, 'ledger');

beforeAll(async () => {
  sluice = await startGated({ settings: { SLUICE_STALLED_AFTER_SECONDS: '4' } });
});
afterAll(async () => {
  await sluice.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Where a run is when its durable instance is lost: the request of the instance that is still under way. */
interface Point {
  at: string;
  gate: 'storageGate' | 'batchGate';
  method: string;
  path: RegExp;
  body?: string;
  /** Whether each item fails at first and goes again in a second round. */
  rounds?: 2;
  /** Whether the request is let through, and what is lost is an instance that rests before the next round. */
  rests?: true;
}

const POINTS: Point[] = [
  { at: 'plan', gate: 'storageGate', method: 'PUT', path: /\/plan\.json/ },
  { at: 'pool', gate: 'batchGate', method: 'POST', path: /^\/pools\?/ },
  { at: 'job', gate: 'batchGate', method: 'POST', path: /^\/jobs\?/ },
  { at: 'submit', gate: 'batchGate', method: 'POST', path: /addtaskcollection/ },
  { at: 'watch', gate: 'batchGate', method: 'GET', path: /taskcounts/ },
  { at: 'round', gate: 'storageGate', method: 'PUT', path: /\/rounds\/2\.json/, rounds: 2 },
  {
    at: 'rest',
    gate: 'storageGate',
    method: 'PUT',
    path: /\/rounds\/2\.json/,
    rounds: 2,
    rests: true,
  },
  { at: 'decide', gate: 'storageGate', method: 'PUT', path: /\/settled\/1\.json/ },
  { at: 'merge', gate: 'batchGate', method: 'POST', path: /addtaskcollection/, body: 'merge.sh' },
  { at: 'end', gate: 'batchGate', method: 'POST', path: /\/terminate\?/ },
  { at: 'manifest', gate: 'storageGate', method: 'PUT', path: /\/manifest\.json/ },
  { at: 'conclude', gate: 'storageGate', method: 'PUT', path: /\/run\.json/, body: '"Succeeded"' },
  { at: 'cleanup', gate: 'batchGate', method: 'DELETE', path: /^\/pools\// },
];
const LOSSES = ['terminate', 'suspend', 'purge'] as const;
/**
 * Each point with one of the losses, or with `SLUICE_CHAOS=long` each loss at all points. A group holds one request at
 * each point at the same time and no more, since the host runs 20 activities at once.
 */
const GROUPS = LONG
  ? LOSSES.map((loss) => ({ how: loss, cases: POINTS.map((point) => lostBy(point, loss)) }))
  : [{ how: 'mixed', cases: POINTS.map((point, n) => lostBy(point, LOSSES[n % LOSSES.length]!)) }];

function lostBy(point: Point, loss: (typeof LOSSES)[number]) {
  return { ...point, loss, name: `lost-${point.at}-${loss}` };
}

const FILES = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, `of ${name}`]));
/** Seconds before a second round; less than after which an instance counts as stuck. */
const BACKOFF = 3;
const MERGE = `merge: { command: 'xargs cat < "$INPUT_LIST" > "$OUTPUT_DIR/all.txt"', outputs: [all.txt] }`;

test.each(GROUPS)(
  'a run whose instance is terminated, frozen or gone at any point ends as if nothing had happened: $how',
  async (group) => {
    const cases = await Promise.all(group.cases.map(holdAt));
    await Promise.all(cases.map(lose));
    for (const each of cases) {
      if (leftNoTrace(each)) continue;
      await until(`the run of ${each.name} has been adopted`, async () => {
        await sluice.sweep();
        return (await recordOf(each.run)).epoch > 1 ? true : null;
      });
    }
    for (const each of cases) {
      await sluice.finished(each.name, Object.keys(FILES).length);
      await isWhole(each);
    }
    const before = await Promise.all(cases.map(({ run }) => filesOf(run)));
    await Promise.all(cases.map(({ held }) => held.release()));
    await nothingLeft(cases.map(({ run }) => run));
    expect(await Promise.all(cases.map(({ run }) => filesOf(run)))).toEqual(before);
    for (const { name, rounds = 1 } of cases) {
      expect([name, timesRun(name)]).toEqual([name, Object.keys(FILES).map(() => rounds)]);
    }
  },
  240_000,
);

/** Starts a run and holds it at a point of its way. */
async function holdAt(point: ReturnType<typeof lostBy>) {
  const { name, gate, method, path, body, rounds = 1 } = point;
  const fits = (request: Passing): boolean =>
    request.method === method &&
    path.test(request.url) &&
    (request.url.includes(`${name}-`) || request.body.includes(`${name}-`)) &&
    (body === undefined || request.body.includes(body));
  const holding = sluice[gate].holdNext(fits);
  const command = `echo "${name} $NAME" >> ${ledgerFile}
[ "$ATTEMPT" -ge ${rounds} ]
cat "$INPUT" > "$OUTPUT_DIR/out.txt"`;
  const tasks = `retry: { on: [exit], backoff: ${BACKOFF}s }`;
  // Asked for by name and not dropped, so that however slow events are there is one run.
  await sluice.apply(pipelineFile({ name, command, pack: 2, match: 'none', tasks, rest: MERGE }));
  await runOver(sluice, name, FILES);
  const held: Held = await holding;
  const [view] = (await sluice.runs(name)) as [RunView];
  return { ...point, held, run: view.id };
}

/** An instance that is gone before it has written anything counts as one that never came, and is started again. */
function leftNoTrace({ at, loss }: { at: string; loss: string }): boolean {
  return at === 'plan' && loss === 'purge';
}

async function lose({ run, loss, rests, held }: Awaited<ReturnType<typeof holdAt>>): Promise<void> {
  if (rests) {
    await held.release();
    await until(`run ${run} rests`, () => hasDecided(run));
  }
  // Held long enough it counts as stalled, and the sweep of the minute has ended its instance already.
  if ((await recordOf(run)).epoch > 1) return;
  const instance = `${run}-e1`;
  try {
    if (loss === 'suspend') return await sluice.instance(instance, loss);
    await sluice.instance(instance, 'terminate');
    if (loss === 'purge') await sluice.instance(instance, loss);
  } catch (error) {
    if ((await recordOf(run)).epoch === 1) throw error;
  }
}

/** Whether a run's first instance has taken up what comes after its round, or is lost already; null as long as not. */
async function hasDecided(run: string): Promise<true | null> {
  if ((await recordOf(run)).epoch > 1) return true;
  const url = `${sluice.urls.host}/runtime/webhooks/durabletask/instances/${run}-e1`;
  const { historyEvents } = await getJson<{ historyEvents: { FunctionName?: string }[] }>(
    `${url}?showHistory=true`,
  );
  // An activity that is under way has a `Name` and not this.
  return historyEvents.some(({ FunctionName }) => FunctionName === 'decide') || null;
}

async function isWhole({ run, rounds = 1 }: { run: string; rounds?: number }): Promise<void> {
  const manifest = await sluice.manifest(run);
  expect(manifest.run.status).toBe('Succeeded');
  const items = byName(manifest);
  expect([...items.keys()].toSorted()).toEqual(Object.keys(FILES));
  for (const [name, item] of items) {
    expect(await textOf(sluice, item.outputs[0]!.url)).toBe(FILES[name]);
    expect(item.attempts).toHaveLength(rounds);
    const [first, second] = item.attempts;
    if (second) expect(seconds(first!.endedAt, second.startedAt)).toBeGreaterThan(BACKOFF - 2);
  }
  const merged = await textOf(sluice, manifest.merge!.outputs[0]!.url);
  expect(merged).toBe(Object.values(FILES).join(''));
  expect(manifest.merge!.attempts).toHaveLength(1);
}

/** How often the command ran for each file. */
function timesRun(pipeline: string): number[] {
  const lines = readFileSync(ledgerFile, 'utf8').split('\n');
  return Object.keys(FILES).map(
    (file) => lines.filter((line) => line === `${pipeline} ${file}`).length,
  );
}

const seconds = (from: string | null, to: string | null): number =>
  (Date.parse(to ?? '') - Date.parse(from ?? '')) / 1000;

/** What was held may still make a pool after its run is gone; it names its run, and so it is found. */
async function nothingLeft(runs: string[]): Promise<void> {
  await until('nothing of the runs is left in Batch', async () => {
    const { value } = await post<{ value: { run: string }[] }>(`${sluice.urls.api}/gc`);
    for (const { run } of value) expect(runs).toContain(run);
    const left = [...(await sluice.batch.pool.list()), ...(await sluice.batch.job.list())];
    return left.length === 0 ? left : null;
  });
}

/** Record, progress and manifest of a run, byte for byte. */
async function filesOf(run: string): Promise<string[]> {
  const control = sluice.blobs.getContainerClient('sluice');
  const names = ['run.json', 'progress.json', 'manifest.json'];
  return Promise.all(
    names.map(async (name) =>
      (await control.getBlobClient(`runs/${run}/${name}`).downloadToBuffer()).toString(),
    ),
  );
}

async function recordOf(run: string): Promise<RunRecord> {
  return JSON.parse((await filesOf(run).catch(() => ['{"epoch":0}']))[0]!) as RunRecord;
}
