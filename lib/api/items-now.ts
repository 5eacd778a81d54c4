import { listRecords } from '../activities/evidence.ts';
import { tasksOf } from '../activities/part.ts';
import { jobsOf } from '../azure/jobs.ts';
import { blobUrl } from '../azure/sas.ts';
import { runningTasks } from '../azure/tasks.ts';
import { inputFile, recordedAttempt } from '../plan/manifest.ts';
import { attemptKey, causeOfRecord } from '../plan/outcome.ts';
import { WORK_CONTAINER } from '../plan/pipeline-schema.ts';
import { blockPrefix, type PlannedTask } from '../plan/plan.ts';
import type { ItemRecord } from '../plan/record.ts';
import type { RunRecord } from '../plan/run.ts';
import { entriesBefore } from '../store/manifests.ts';
import { runPlan } from '../store/plans.ts';
import type { ItemView } from './item-views.ts';

/** Tasks that are on a node now. */
export async function runningNow(run: string): Promise<Set<string>> {
  const job = (await jobsOf(run)).at(-1)?.id;
  return job ? runningTasks(job) : new Set();
}

/** The items of one block of a run that is going, from what was planned and what their records say so far. */
export async function itemsNow(
  record: RunRecord,
  block: number,
  running: ReadonlySet<string>,
): Promise<ItemView[]> {
  const [tasks, records, before] = await Promise.all([
    tasksOf(record, block),
    listRecords([`runs/${record.id}/records/${blockPrefix(block)}`]),
    runPlan(record.id).then((plan) => entriesBefore(plan, record.generation, block)),
  ]);
  const items = new Map<string, ItemView>(before.map((entry) => [entry.id, entry]));
  // Later rounds come later, so that the last task that carries an item has the say.
  for (const task of tasks) {
    for (const item of task.items) {
      const entry = itemNow(record.id, { item, task, records, running });
      const earlier = items.get(item.id)?.attempts ?? [];
      // A task that was added again has the same attempt at its items.
      const others = earlier.filter(({ attempt }) => attempt !== task.attempt);
      items.set(item.id, { ...entry, attempts: [...others, ...entry.attempts] });
    }
  }
  return [...items.values()].toSorted((a, b) => Number(a.id) - Number(b.id));
}

function itemNow(
  run: string,
  now: {
    item: PlannedTask['items'][number];
    task: PlannedTask;
    records: ReadonlyMap<string, ItemRecord>;
    running: ReadonlySet<string>;
  },
): ItemView {
  const { item, task, records, running } = now;
  const { input, range = null, values = {} } = item;
  const record = records.get(attemptKey(item.id, task.attempt));
  const cause = record ? causeOfRecord(record.cause) : null;
  const ended = cause === null ? ('Succeeded' as const) : ('Failed' as const);
  const urlOf = (path: string): string => blobUrl(WORK_CONTAINER, `runs/${run}/${path}`);
  return {
    id: item.id,
    status: record ? ended : running.has(task.task) ? 'Running' : 'Waiting',
    cause,
    message: null,
    signature: null,
    stderrTail: null,
    inputs: input ? [inputFile(input, blobUrl(input.container, input.name))] : [],
    range,
    values,
    outputs: [],
    attempts: record ? [recordedAttempt(task.task, { status: ended, cause }, record, urlOf)] : [],
  };
}
