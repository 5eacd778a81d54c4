import { hasOpenTasks, taskCounts } from '../azure/tasks.ts';
import { list } from '../azure/blobs.ts';
import { workContainer } from '../azure/storage.ts';
import { isFinalFailure } from '../plan/outcome.ts';
import { isHopeless, type Plan, reusedItems } from '../plan/plan.ts';
import { looksDone, nextPace, shouldTendPool, type TaskCounts } from '../plan/poll.ts';
import { parseRecord } from '../plan/record.ts';
import type { RetryRule } from '../plan/retry.ts';
import { itemCounts, type Progress, type RunError, type RunRecord } from '../plan/run.ts';
import { runPipeline, runPlan } from '../store/plans.ts';
import { getOwnRun, getProgress, setProgress } from '../store/runs.ts';
import { stopWaiting } from './capacity.ts';
import type { Activities, RunRef } from './contract.ts';
import { hopeless } from './decide.ts';
import { tendPool } from './tend-pool.ts';

/** Items up to which records are listed whenever tasks have ended; those of more each time another quarter of them has. */
const LIST_WHILE_WATCHING = 5000;

/** One look at a job: counts every time, records when tasks have ended since, and the tasks when nothing seems left. */
export async function watch({
  run,
  epoch,
  job,
  pace,
}: Activities['watch']['input']): Promise<Activities['watch']['output']> {
  const record = await getOwnRun({ run, epoch });
  const counts = await taskCounts(job);
  const error = await showProgress({ run, epoch }, record, counts);
  if (looksDone(counts) && !(await hasOpenTasks(job))) {
    await stopWaiting({ run, epoch });
    return { done: true, pace: nextPace(pace, counts, false), error };
  }
  if (counts.active === 0) await stopWaiting({ run, epoch });
  const tended = shouldTendPool(pace, counts);
  const trouble = tended && (await tendPool({ run, epoch }, counts.completed));
  return { done: false, pace: nextPace(pace, counts, trouble), error };
}

/** Writes what people see, when it differs from what they saw; tells why it is useless to go on, if it is. */
async function showProgress(
  ref: RunRef,
  record: RunRecord,
  tasks: TaskCounts,
): Promise<RunError | null> {
  const { run } = ref;
  const before = await getProgress(run);
  const same = JSON.stringify(before?.tasks) === JSON.stringify(tasks);
  if (!before?.items || (same && !before.fault)) return null;
  const plan = await runPlan(run);
  const { items: total, tasks: planned } = plan;
  const { pipeline } = await runPipeline(run);
  const isMerge = before.phase === 'merge';
  // What has ended altogether is listed when it is judged.
  const worthIt = !isMerge && !looksDone(tasks) && isDue(before, tasks, { total, planned });
  const listed = worthIt
    ? await listedItems(plan, pipeline.tasks.retry)
    : { ...before.items, final: 0 };
  const perTask = Math.ceil(total / Math.max(1, planned));
  const items = itemCounts(total, listed, { running: tasks.running, perTask });
  await setProgress(ref, { phase: isMerge ? 'merge' : 'watch', tasks, items });
  // What a redrive does not run again may have failed before, and is no reason to stop it.
  const early = record.generation === 1 && isHopeless(pipeline, total, listed.final);
  return early ? hopeless(listed.final) : null;
}

function isDue(
  before: Progress,
  now: TaskCounts,
  { total, planned }: { total: number; planned: number },
): boolean {
  const then = before.tasks?.completed ?? 0;
  if (total <= LIST_WHILE_WATCHING) return then !== now.completed;
  return quarter(then, planned) !== quarter(now.completed, planned);
}

function quarter(completed: number, planned: number): number {
  return Math.floor((4 * completed) / Math.max(1, planned));
}

/** Items by what their records say so far; `final` are those that no other attempt can follow. */
async function listedItems(
  plan: Plan,
  rule: RetryRule,
): Promise<{ succeeded: number; failed: number; final: number }> {
  const prefix = `runs/${plan.run}/records/`;
  const items = new Map<string, 'succeeded' | 'failed' | 'final'>();
  for await (const { name } of list(await workContainer(), prefix)) {
    const record = parseRecord(name.slice(prefix.length));
    if (!record || items.get(record.item) === 'succeeded') continue;
    const failed = isFinalFailure(record, rule) ? 'final' : 'failed';
    items.set(record.item, record.cause === 'ok' ? 'succeeded' : failed);
  }
  const states = [...items.values()];
  const count = (state: string): number => states.filter((one) => one === state).length;
  const final = count('final');
  return {
    succeeded: count('succeeded') + reusedItems(plan),
    failed: count('failed') + final,
    final,
  };
}
