import { SluiceError, type SluiceErrorCode } from '../errors.ts';
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
  type Slab,
  untried,
} from '../plan/plan.ts';
import { itemCounts, type RunError } from '../plan/run.ts';
import { mergeScript, taskScript } from '../plan/task-script.ts';
import { variables } from '../plan/variables.ts';
import type { Row } from '../store/ledger.ts';
import { runPipeline, writeSlabs } from '../store/plans.ts';
import { runRequest } from '../store/requests.ts';
import {
  commitJson,
  getOwnRun,
  putRunFile,
  readRunJson,
  readRunLines,
  setProgress,
} from '../store/runs.ts';
import type { Activities, RunRef } from './contract.ts';
import { planRedrive } from './plan-redrive.ts';
import { itemsFrom } from './sources.ts';

/** Bytes of lines and values in a slab, which is in memory as a whole. */
const MOST_CARRIED_BY_SLAB = 32 * 2 ** 20;

const ENDED = { ended: true, closing: null, round: 1, slabs: [] };

/** Plans a run from the rows that it won, or a redrive from the manifest; the first plan to be committed stands. */
export async function plan(ref: RunRef): Promise<Activities['plan']['output']> {
  const record = await getOwnRun(ref, { closing: true });
  if (record.status !== 'Running') return ENDED;
  const committed = await ensurePlan(ref.run);
  const { closing } = record;
  // A run that was cancelled first still has its items, and from here it is on its way to the end.
  const { status } = await getOwnRun(ref, { closing: closing !== null });
  // Planning took so long that another instance of this epoch has brought the run to its end.
  if (status !== 'Running') return ENDED;
  if (record.generation > 1) {
    const { round, slabs } = await planRedrive(ref, record);
    return { ended: false, closing, round, slabs };
  }
  if (committed.error && !closing) throw planError(committed.error);
  const none = { succeeded: 0, failed: 0 };
  const items = itemCounts(committed.items, none, { running: 0, perTask: 1 });
  await setProgress(ref, { phase: 'plan', items });
  // A run without items needs neither pool nor job.
  const end = committed.items === 0 ? { job: null, error: null } : null;
  return { ended: false, closing: closing ?? end, round: 1, slabs: committed.slabs };
}

function planError({ code, message }: RunError): SluiceError {
  return new SluiceError(code as SluiceErrorCode, message);
}

/** The plan of a run, made if it is not there yet. */
export async function ensurePlan(run: string): Promise<Plan> {
  return (await readRunJson<Plan>(run, 'plan.json')) ?? commitPlan(run);
}

async function commitPlan(run: string): Promise<Plan> {
  const { pipeline } = await runPipeline(run);
  const params = variables((await runRequest(run)).params);
  const script = taskScript({ ...pipeline.tasks, params });
  await putRunFile(run, 'task.sh', script, 'text/x-shellscript');
  if (pipeline.merge) {
    const merging = mergeScript({ ...pipeline.merge, params });
    await putRunFile(run, 'merge.sh', merging, 'text/x-shellscript');
  }
  return commitJson<Plan>(run, 'plan.json', await makePlan(run, pipeline));
}

/** Inputs that no items can be made of are the run's end, so that is planned then. */
async function makePlan(run: string, pipeline: Pipeline): Promise<Plan> {
  try {
    const slabs = await writePlanned(run, pipeline);
    const sum = (count: 'items' | 'tasks'): number =>
      slabs.reduce((total, slab) => total + slab[count], 0);
    const tasks = sum('tasks');
    return { run, items: sum('items'), tasks, slabs, pool: { nodes: poolNodes(pipeline, tasks) } };
  } catch (error) {
    if (!(error instanceof SluiceError) || error.transient) throw error;
    const { code, message } = error;
    return { run, items: 0, tasks: 0, slabs: [], pool: { nodes: 0 }, error: { code, message } };
  }
}

/** Writes slab after slab as they fill. */
async function writePlanned(run: string, pipeline: Pipeline): Promise<Slab[]> {
  const slabs: Slab[] = [];
  const blobs = await readRunLines<Row>(run, 'inputs.ndjson');
  const { list } = await runRequest(run);
  for await (const planned of slabsOf(itemsFrom({ blobs, list }, pipeline), pipeline.tasks.pack)) {
    slabs.push(...(await writeSlabs(run, planned, slabs.length)));
  }
  return slabs;
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
