import type { TypedData } from '../../app/core-types.ts';
import { messageOf } from '../../app/errors.ts';
import { activityFailure, activityResult } from '../activity-result.ts';
import { taskCompleted, taskFailed } from '../events.ts';
import type { HistoryEvent } from '../protocol.ts';
import type { ActivityTask } from '../store/pending.ts';
import type { EngineContext } from './context.ts';
import { createQueue } from './queue.ts';

export interface ActivityDispatch {
  add(tasks: ActivityTask[]): void;
  /** How many of an instance's activities wait or run. */
  open(instanceId: string): number;
  /** Starts no more; resolves once those that run have ended. */
  close(): Promise<void>;
}

/** Runs activities, at most `limit` at once, and writes their results. */
export function createActivityDispatch(context: EngineContext, limit: number): ActivityDispatch {
  const queue = createQueue<ActivityTask>();
  const counts = new Map<string, number>();
  const running = new Set<Promise<void>>();
  let closed = false;

  const fill = (): void => {
    if (closed) return;
    while (running.size < limit) {
      const task = queue.shift();
      if (!task) return;
      const done = run(task).finally(() => {
        running.delete(done);
        fill();
      });
      running.add(done);
    }
  };
  const run = async (task: ActivityTask): Promise<void> => {
    // Its instance may have been terminated while it waited.
    if (!context.store.activities.has(task)) return count(counts, task.instanceId, -1);
    const event = await runActivity(context, task);
    // Not awaited: while a result is being written the next activity may run.
    void keep(task, event);
  };
  const keep = async (task: ActivityTask, event: HistoryEvent): Promise<void> => {
    await writeResult(context, task, event);
    count(counts, task.instanceId, -1);
    context.wake(task.instanceId);
  };
  return {
    add(tasks) {
      for (const task of tasks) {
        count(counts, task.instanceId, 1);
        queue.push(task);
      }
      fill();
    },
    open: (instanceId) => counts.get(instanceId) ?? 0,
    async close() {
      closed = true;
      await Promise.allSettled(running);
    },
  };
}

function count(counts: Map<string, number>, instanceId: string, change: number): void {
  const now = (counts.get(instanceId) ?? 0) + change;
  if (now > 0) counts.set(instanceId, now);
  else counts.delete(instanceId);
}

/** Writes how an activity ended; one whose result cannot be kept has failed. */
async function writeResult(
  context: EngineContext,
  task: ActivityTask,
  event: HistoryEvent,
): Promise<void> {
  const { store, commits, log } = context;
  const write = (end: HistoryEvent): Promise<void> =>
    commits.add(() => {
      if (store.activities.remove(task)) store.inbox.add(task.instanceId, task.executionId, end);
    });
  try {
    await write(event);
  } catch (error) {
    log('error', task.name, `Cannot keep its result: ${messageOf(error)}`);
    await write(failedEvent(context, task, error));
  }
}

async function runActivity(context: EngineContext, task: ActivityTask): Promise<HistoryEvent> {
  const { taskId, name } = task;
  try {
    const activity = context.activities.get(name);
    if (!activity) throw new Error(`The function '${name}' doesn't exist or is not an activity.`);
    const data = inputData(context, task);
    const { returnValue } = await context.invoke({
      function: activity,
      data,
      triggerMetadata: metadataOf(task, activity.trigger.name),
    });
    const result = activityResult(returnValue);
    return taskCompleted('TaskCompleted', context.clock.now(), { taskId, result });
  } catch (error) {
    context.log('error', name, `Instance ${task.instanceId}: ${messageOf(error)}`);
    return failedEvent(context, task, error);
  }
}

function failedEvent(
  { clock }: EngineContext,
  { taskId, name }: ActivityTask,
  error: unknown,
): HistoryEvent {
  return taskFailed('TaskFailed', clock.now(), { taskId, failure: activityFailure(name, error) });
}

function inputData(context: EngineContext, { name, input }: ActivityTask): TypedData {
  if (input === null) return {};
  if (input !== 'true' && input !== 'false') return { string: input };
  context.warn(
    `${name}:boolean`,
    name,
    `its input ${input} arrives as the string "${dotnetBoolean(input)}", as in Azure. Pass an object.`,
  );
  return { string: dotnetBoolean(input) };
}

function dotnetBoolean(input: 'true' | 'false'): string {
  return input === 'true' ? 'True' : 'False';
}

function metadataOf(task: ActivityTask, binding: string): Record<string, TypedData> {
  const instanceId = { string: task.instanceId };
  if (task.input === null) return { instanceId };
  return { instanceId, [binding]: { string: task.input }, data: { json: task.input } };
}
