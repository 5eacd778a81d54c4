import { SluiceError } from '../errors.ts';
import { sha256 } from '../plan/ids.ts';
import { expand, pack, type Plan, type PlannedTask, poolNodes, type Slab } from '../plan/plan.ts';
import { itemCounts } from '../plan/run.ts';
import { mergeScript, taskScript } from '../plan/task-script.ts';
import type { Row } from '../store/ledger.ts';
import type { StoredPipeline } from '../store/pipelines.ts';
import {
  commitJson,
  getOwnRun,
  putRunFile,
  readRunJson,
  readRunLines,
  setProgress,
} from '../store/runs.ts';
import type { Activities, RunRef } from './contract.ts';

/** Plans a run from the rows that it won; the first plan to be committed stands. */
export async function plan(ref: RunRef): Promise<Activities['plan']['output']> {
  const record = await getOwnRun(ref);
  if (record.status !== 'Running') return { ended: true, closing: null, slabs: [] };
  const committed = (await readRunJson<Plan>(ref.run, 'plan.json')) ?? (await commitPlan(ref.run));
  const items = itemCounts(
    committed.items,
    { succeeded: 0, failed: 0 },
    { running: 0, perTask: 1 },
  );
  await setProgress(ref, { phase: 'plan', items });
  return { ended: false, closing: record.closing, slabs: committed.slabs };
}

async function commitPlan(run: string): Promise<Plan> {
  const { pipeline } = await runPipeline(run);
  const items = expand(await readRunLines<Row>(run, 'inputs.ndjson'));
  const planned = pack(items, { perTask: pipeline.tasks.pack, attempt: 1, firstSlab: 0 });
  const tasks = planned.reduce((sum, slab) => sum + slab.length, 0);
  await putRunFile(run, 'task.sh', taskScript(pipeline.tasks), 'text/x-shellscript');
  if (pipeline.merge) {
    await putRunFile(run, 'merge.sh', mergeScript(pipeline.merge), 'text/x-shellscript');
  }
  const slabs = await writeSlabs(run, planned, 0);
  const pool = { nodes: poolNodes(pipeline, tasks) };
  return commitJson<Plan>(run, 'plan.json', { run, items: items.length, tasks, slabs, pool });
}

/** Writes slabs by the hash of their content, so that writing one twice changes nothing. */
export async function writeSlabs(
  run: string,
  slabs: PlannedTask[][],
  firstIndex: number,
): Promise<Slab[]> {
  const written: Slab[] = [];
  for (const [index, tasks] of slabs.entries()) {
    const body = tasks.map((task) => JSON.stringify(task)).join('\n');
    const blob = `slabs/${sha256(body)}.ndjson`;
    await putRunFile(run, blob, body, 'application/x-ndjson');
    const items = tasks.reduce((sum, task) => sum + task.items.length, 0);
    written.push({ index: firstIndex + index, blob, tasks: tasks.length, items });
  }
  return written;
}

/** The pipeline as it was when the run was asked for. */
export async function runPipeline(run: string): Promise<StoredPipeline> {
  const stored = await readRunJson<StoredPipeline>(run, 'pipeline.json');
  if (!stored) throw new SluiceError('CorruptRecord', `Run ${run} has no pipeline.json.`);
  return stored;
}

/** The plan that stands. */
export async function runPlan(run: string): Promise<Plan> {
  const committed = await readRunJson<Plan>(run, 'plan.json');
  if (!committed) throw new SluiceError('CorruptRecord', `Run ${run} has no plan.json.`);
  return committed;
}
