import type { BatchServiceModels } from '@azure/batch';
import { SluiceError } from '../errors.ts';
import type { TaskFailure } from '../plan/outcome.ts';
import type { TaskCounts } from '../plan/poll.ts';
import type { TaskSpec } from '../plan/task-spec.ts';
import { batchCall, batchCode } from './batch.ts';

/** Tasks that one request may carry. */
export const TASKS_PER_REQUEST = 100;

/**
 * Adds tasks in one request, halving it while Batch finds it too large; a task that is there already counts as added,
 * since plans are first wins. Returns the tasks that Batch failed to take this time.
 */
export async function addTasks(job: string, tasks: TaskSpec[]): Promise<TaskSpec[]> {
  let results: BatchServiceModels.TaskAddResult[];
  try {
    const answer = await batchCall(`Adding ${tasks.length} tasks to job ${job}`, (client) =>
      client.task.addCollection(job, tasks),
    );
    results = answer.value ?? [];
  } catch (error) {
    if (batchCode(error) !== 'RequestBodyTooLarge' || tasks.length === 1) throw error;
    const half = Math.ceil(tasks.length / 2);
    const left = await addTasks(job, tasks.slice(0, half));
    return [...left, ...(await addTasks(job, tasks.slice(half)))];
  }
  return notTaken(job, tasks, results);
}

function notTaken(
  job: string,
  tasks: TaskSpec[],
  results: BatchServiceModels.TaskAddResult[],
): TaskSpec[] {
  const taken = new Set<string>();
  for (const { status, taskId, error } of results) {
    if (status.toLowerCase() === 'success' || error?.code === 'TaskExists') taken.add(taskId);
    else if (status.toLowerCase() === 'clienterror') throw refused(job, taskId, error);
  }
  return tasks.filter(({ id }) => !taken.has(id));
}

function refused(
  job: string,
  task: string,
  error: BatchServiceModels.BatchError | undefined,
): SluiceError {
  const details = (error?.values ?? []).map(({ key, value }) => `${key}: ${value}`).join(', ');
  const reason = `${error?.code ?? 'no code'}: ${error?.message?.value?.split('\n')[0] ?? ''} ${details}`;
  return new SluiceError(
    'BatchRefused',
    `Batch refused task ${task} of job ${job}: ${reason.trim()}`,
  );
}

/** How many tasks of a job are in which state; may lag behind what was added. */
export async function taskCounts(job: string): Promise<TaskCounts> {
  const { taskCounts: counts } = await batchCall(`Counting tasks of job ${job}`, (client) =>
    client.job.getTaskCounts(job),
  );
  const { active, running, completed, failed } = counts;
  return { active, running, completed, failed };
}

/** Whether any task of a job has not completed, from the tasks themselves. */
export async function hasOpenTasks(job: string): Promise<boolean> {
  const page = await batchCall(`Looking for open tasks of job ${job}`, (client) =>
    client.task.list(job, {
      taskListOptions: { filter: "state ne 'completed'", select: 'id', maxResults: 1 },
    }),
  );
  return page.length > 0;
}

/** The failed tasks of a job whose ids begin so, and what Batch says of them. A job that is gone has none to show. */
export async function failedTasks(job: string, prefix: string): Promise<Map<string, TaskFailure>> {
  const failures = new Map<string, TaskFailure>();
  const filter = `executionInfo/result eq 'failure' and startswith(id, '${prefix}')`;
  for await (const { id, executionInfo } of tasksWhere(job, filter, 'id,executionInfo')) {
    if (executionInfo) failures.set(id ?? '', failureOf(executionInfo));
  }
  return failures;
}

/** One task: its state, and what Batch says of it if it has failed; null when Batch has no such task. */
export async function findTask(
  job: string,
  id: string,
): Promise<{ state: string; failure: TaskFailure | null } | null> {
  const select = 'state,executionInfo';
  try {
    const { state = 'active', executionInfo } = await batchCall(
      `Looking at task ${id} of job ${job}`,
      (client) => client.task.get(job, id, { taskGetOptions: { select } }),
    );
    const failed = executionInfo?.result === 'failure' ? failureOf(executionInfo) : null;
    return { state, failure: failed };
  } catch (error) {
    const code = batchCode(error);
    if (code === 'TaskNotFound' || code === 'JobNotFound') return null;
    throw error;
  }
}

function failureOf({
  failureInfo,
  exitCode,
  startTime,
  endTime,
}: BatchServiceModels.TaskExecutionInformation): TaskFailure {
  const { code, message, details } = failureInfo ?? {};
  const more = (details ?? []).map(({ name, value }) => `${name}: ${value}`).join('; ');
  return {
    code: code ?? 'Unknown',
    message: [message, more].filter(Boolean).join(' (') + (more && message ? ')' : ''),
    exitCode: exitCode ?? null,
    startedAt: iso(startTime),
    endedAt: iso(endTime),
  };
}

function iso(time: Date | string | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString();
}

/** The ids of a job's tasks that begin so. */
export async function taskIds(job: string, prefix: string): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const { id } of tasksWhere(job, `startswith(id, '${prefix}')`, 'id')) {
    if (id) ids.add(id);
  }
  return ids;
}

/** The ids of a job's tasks that are on a node now. A job that is gone has none. */
export async function runningTasks(job: string): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const { id } of tasksWhere(job, "state eq 'running'", 'id')) if (id) ids.add(id);
  return ids;
}

async function* tasksWhere(
  job: string,
  filter: string,
  select: string,
): AsyncGenerator<BatchServiceModels.CloudTask> {
  const what = `Listing tasks of job ${job}`;
  try {
    const options = { taskListOptions: { filter, select, maxResults: 1000 } };
    let page = await batchCall(what, (client) => client.task.list(job, options));
    yield* page;
    while (page.odatanextLink) {
      const link = page.odatanextLink;
      page = await batchCall(what, (client) => client.task.listNext(link));
      yield* page;
    }
  } catch (error) {
    if (batchCode(error) !== 'JobNotFound') throw error;
  }
}
