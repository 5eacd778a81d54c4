import { expand, pack, type Plan, poolNodes, untried } from '../plan/plan.ts';
import { itemCounts } from '../plan/run.ts';
import { mergeScript, taskScript } from '../plan/task-script.ts';
import type { Row } from '../store/ledger.ts';
import { runPipeline, writeSlabs } from '../store/plans.ts';
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

/** Plans a run from the rows that it won, or a redrive from the manifest; the first plan to be committed stands. */
export async function plan(ref: RunRef): Promise<Activities['plan']['output']> {
  const record = await getOwnRun(ref, { closing: true });
  if (record.status !== 'Running') return { ended: true, closing: null, round: 1, slabs: [] };
  const committed = await ensurePlan(ref.run);
  const { closing } = record;
  // A run that was cancelled first still has its items, and from here it is on its way to the end.
  await getOwnRun(ref, { closing: closing !== null });
  if (record.generation > 1) {
    const { round, slabs } = await planRedrive(ref, record);
    return { ended: false, closing, round, slabs };
  }
  const none = { succeeded: 0, failed: 0 };
  const items = itemCounts(committed.items, none, { running: 0, perTask: 1 });
  await setProgress(ref, { phase: 'plan', items });
  return { ended: false, closing, round: 1, slabs: committed.slabs };
}

/** The plan of a run, made if it is not there yet. */
export async function ensurePlan(run: string): Promise<Plan> {
  return (await readRunJson<Plan>(run, 'plan.json')) ?? commitPlan(run);
}

async function commitPlan(run: string): Promise<Plan> {
  const { pipeline } = await runPipeline(run);
  const items = expand(await readRunLines<Row>(run, 'inputs.ndjson'));
  const planned = pack(untried(items), {
    perTask: pipeline.tasks.pack,
    firstSlab: 0,
    aligned: true,
  });
  const tasks = planned.reduce((sum, slab) => sum + slab.length, 0);
  await putRunFile(run, 'task.sh', taskScript(pipeline.tasks), 'text/x-shellscript');
  if (pipeline.merge) {
    await putRunFile(run, 'merge.sh', mergeScript(pipeline.merge), 'text/x-shellscript');
  }
  const slabs = await writeSlabs(run, planned, 0);
  const pool = { nodes: poolNodes(pipeline, tasks) };
  return commitJson<Plan>(run, 'plan.json', { run, items: items.length, tasks, slabs, pool });
}
