import { SluiceError, type SluiceErrorCode } from '../errors.ts';
import { settingsHash } from '../plan/fingerprint.ts';
import type { ManifestItem } from '../plan/manifest.ts';
import type { PackRule } from '../plan/fields/items.ts';
import type { Pipeline } from '../plan/pipeline-schema.ts';
import {
  blockOf,
  carriedBytes,
  type Item,
  pack,
  type Plan,
  type PlannedTask,
  poolNodes,
  type Reused,
  reusedItems,
  type Slab,
  untried,
} from '../plan/plan.ts';
import { itemCounts, type RunError } from '../plan/run.ts';
import { mergeScript, taskScript } from '../plan/task-script.ts';
import { variables } from '../plan/variables.ts';
import type { Row } from '../store/ledger.ts';
import { findPlan, runPipeline, writeReused, writeSlabs } from '../store/plans.ts';
import { markReused } from '../store/reuse.ts';
import { type RunRequest, runRequest } from '../store/requests.ts';
import { commitJson, getOwnRun, putRunFile, readRunLines, setProgress } from '../store/runs.ts';
import type { Activities, RunRef } from './contract.ts';
import { planRedrive } from './plan-redrive.ts';
import { itemsFrom } from './sources.ts';
import { unchangedSince, withoutUnchanged } from './unchanged.ts';

/** Bytes of lines and values in a slab, which is in memory as a whole. */
const MOST_CARRIED_BY_SLAB = 32 * 2 ** 20;

const ENDED = { ended: true, closing: null, round: 1, slabs: [] };

/** Plans a run from the rows that it won, or a redrive from the manifest; the first plan to be committed stands. */
export async function plan(ref: RunRef): Promise<Activities['plan']['output']> {
  const record = await getOwnRun(ref, { closing: true, ended: true });
  if (record.status !== 'Running') return ENDED;
  const committed = await ensurePlan(ref.run);
  const { closing } = record;
  // A run that was cancelled first still has its items, and from here it is on its way to the end.
  const { status } = await getOwnRun(ref, { closing: closing !== null, ended: true });
  // Planning took so long that another instance of this epoch has brought the run to its end.
  if (status !== 'Running') return ENDED;
  if (record.generation > 1) {
    const { round, slabs } = await planRedrive(ref, record);
    return { ended: false, closing, round, slabs };
  }
  if (committed.error && !closing) throw planError(committed.error);
  const listed = { succeeded: reusedItems(committed), failed: 0 };
  const items = itemCounts(committed.items, listed, { running: 0, perTask: 1 });
  await setProgress(ref, { phase: 'plan', items });
  // A run of nothing needs neither pool nor job, unless what it reuses is to be merged.
  const idle = committed.tasks === 0 && !(await mergesReused(committed));
  const end = idle ? { job: null, error: null } : null;
  return { ended: false, closing: closing ?? end, round: 1, slabs: committed.slabs };
}

async function mergesReused(plan: Plan): Promise<boolean> {
  return reusedItems(plan) > 0 && (await runPipeline(plan.run)).pipeline.merge !== undefined;
}

function planError({ code, message }: RunError): SluiceError {
  return new SluiceError(code as SluiceErrorCode, message);
}

/** The plan of a run, made if it is not there yet. */
export async function ensurePlan(run: string): Promise<Plan> {
  return (await findPlan(run)) ?? commitPlan(run);
}

async function commitPlan(run: string): Promise<Plan> {
  const { pipeline } = await runPipeline(run);
  const request = await runRequest(run);
  const params = variables(request.params);
  const script = taskScript({ ...pipeline.tasks, params });
  await putRunFile(run, 'task.sh', script, 'text/x-shellscript');
  if (pipeline.merge) {
    const merging = mergeScript({ ...pipeline.merge, params });
    await putRunFile(run, 'merge.sh', merging, 'text/x-shellscript');
  }
  return commitJson<Plan>(run, 'plan.json', await makePlan(run, pipeline, request));
}

/** Inputs that no items can be made of are the run's end, so that is planned then. */
async function makePlan(run: string, pipeline: Pipeline, request: RunRequest): Promise<Plan> {
  try {
    const { slabs, reused } = await writePlanned(run, pipeline, request);
    const sum = (count: 'items' | 'tasks'): number =>
      slabs.reduce((total, slab) => total + slab[count], 0);
    const tasks = sum('tasks');
    const planned = { run, tasks, slabs, pool: { nodes: poolNodes(pipeline, tasks) } };
    if (!pipeline.skipUnchanged) return { ...planned, items: sum('items') };
    const settings = settingsHash(pipeline, request.params);
    await markReused(run, new Set(reused.flatMap(({ runs }) => runs)));
    return { ...planned, items: sum('items') + reusedItems({ reused }), reused, settings };
  } catch (error) {
    if (!(error instanceof SluiceError) || error.transient) throw error;
    const { code, message } = error;
    return { run, items: 0, tasks: 0, slabs: [], pool: { nodes: 0 }, error: { code, message } };
  }
}

/** Writes slab after slab as they fill. */
async function writePlanned(
  run: string,
  pipeline: Pipeline,
  { list, params }: RunRequest,
): Promise<{ slabs: Slab[]; reused: Reused[] }> {
  const slabs: Slab[] = [];
  const blobs = await readRunLines<Row>(run, 'inputs.ndjson');
  const unchanged = await unchangedSince(pipeline, params, Date.now());
  const kept = keeper(run);
  const items = withoutUnchanged(itemsFrom({ blobs, list }, pipeline), unchanged, kept.keep);
  for await (const planned of slabsOf(items, pipeline.tasks.pack)) {
    slabs.push(...(await writeSlabs(run, planned, slabs.length)));
  }
  return { slabs, reused: await kept.written() };
}

/** Writes the entries of items that do not run, block after block. */
function keeper(run: string) {
  const reused: Reused[] = [];
  let entries: ManifestItem[] = [];
  const flush = async (): Promise<void> => {
    const [first] = entries;
    if (first) reused.push(await writeReused(run, blockOf(first.id), entries));
    entries = [];
  };
  return {
    async keep(entry: ManifestItem): Promise<void> {
      const [first] = entries;
      if (first && blockOf(first.id) !== blockOf(entry.id)) await flush();
      entries.push(entry);
    },
    async written(): Promise<Reused[]> {
      await flush();
      return reused;
    },
  };
}

/** Items as the tasks of some slabs at a time, since there may be a million of them. */
export async function* slabsOf(
  all: AsyncIterable<Item>,
  rule: PackRule,
): AsyncGenerator<PlannedTask[][]> {
  let firstSlab = 0;
  let items: Item[] = [];
  let carried = 0;
  const flush = (): PlannedTask[][] => {
    const slabs = pack(untried(items), { rule, firstSlab, aligned: true });
    firstSlab += slabs.length;
    items = [];
    carried = 0;
    return slabs;
  };
  for await (const item of all) {
    const [first] = items;
    const full = carried > MOST_CARRIED_BY_SLAB;
    if (first && (full || blockOf(first.id) !== blockOf(item.id))) yield flush();
    items.push(item);
    carried += carriedBytes(item);
  }
  if (items.length > 0) yield flush();
}
