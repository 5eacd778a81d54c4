import { hasOpenTasks, taskCounts } from '../azure/tasks.ts';
import { list } from '../azure/blobs.ts';
import { workContainer } from '../azure/storage.ts';
import { looksDone, nextPace, shouldTendPool, type TaskCounts } from '../plan/poll.ts';
import { parseRecord } from '../plan/record.ts';
import { itemCounts } from '../plan/run.ts';
import { getOwnRun, getProgress, setProgress } from '../store/runs.ts';
import { stopWaiting } from './capacity.ts';
import type { Activities, RunRef } from './contract.ts';
import { runPlan } from './plan.ts';
import { tendPool } from './tend-pool.ts';

/** Items up to which a look also lists the records, so that people see items and not only tasks. */
const LIST_WHILE_WATCHING = 5000;

/** One look at a job: counts every time, records when tasks have ended since, and the tasks when nothing seems left. */
export async function watch({
  run,
  epoch,
  job,
  pace,
}: Activities['watch']['input']): Promise<Activities['watch']['output']> {
  await getOwnRun({ run, epoch });
  const counts = await taskCounts(job);
  await showProgress({ run, epoch }, counts);
  if (looksDone(counts) && !(await hasOpenTasks(job))) {
    await stopWaiting({ run, epoch });
    return { done: true, pace: nextPace(pace, counts, false) };
  }
  if (counts.active === 0) await stopWaiting({ run, epoch });
  const tended = shouldTendPool(pace, counts);
  const trouble = tended && (await tendPool({ run, epoch }, counts.completed));
  return { done: false, pace: nextPace(pace, counts, trouble) };
}

/** Writes what people see, when it differs from what they saw. */
async function showProgress(ref: RunRef, tasks: TaskCounts): Promise<void> {
  const { run } = ref;
  const before = await getProgress(run);
  if (!before?.items || JSON.stringify(before.tasks) === JSON.stringify(tasks)) return;
  const { items: total, tasks: planned } = await runPlan(run);
  // What has ended altogether is listed when it is judged.
  const worthIt = total <= LIST_WHILE_WATCHING && !looksDone(tasks);
  const ended = worthIt && before.tasks?.completed !== tasks.completed;
  const listed = ended ? await listedItems(run) : before.items;
  const perTask = Math.ceil(total / Math.max(1, planned));
  const items = itemCounts(total, listed, { running: tasks.running, perTask });
  const phase = before.phase === 'merge' ? 'merge' : 'watch';
  await setProgress(ref, { phase, tasks, items });
}

async function listedItems(run: string): Promise<{ succeeded: number; failed: number }> {
  const prefix = `runs/${run}/records/`;
  const items = new Map<string, boolean>();
  for await (const { name } of list(await workContainer(), prefix)) {
    const record = parseRecord(name.slice(prefix.length));
    if (record) items.set(record.item, items.get(record.item) === true || record.cause === 'ok');
  }
  const succeeded = [...items.values()].filter(Boolean).length;
  return { succeeded, failed: items.size - succeeded };
}
