import type { TypedData } from '../../app/core-types.ts';
import { messageOf } from '../../app/errors.ts';
import { activityFailure, activityResult } from '../activity-result.ts';
import { taskCompleted, taskFailed } from '../events.ts';
import type { HistoryEvent } from '../protocol.ts';
import type { ActivityTask } from '../store/pending.ts';
import type { EngineContext } from './context.ts';

/** How long to wait before results that could not be written are written again, in milliseconds. */
const writeAgainAfter = 1_000;

export interface ActivityDispatch {
  add(tasks: ActivityTask[]): void;
  /** How many of an instance's activities wait or run. */
  open(instanceId: string): number;
  /** Starts no more; resolves once those that run have ended and their results are written. */
  close(): Promise<void>;
  /** Results that come from now on are not written; those activities run again next time. */
  abandon(): void;
}

interface Finished {
  task: ActivityTask;
  event: HistoryEvent;
}

/** Runs activities, at most `limit` at once, and writes their results together. */
export function createActivityDispatch(context: EngineContext, limit: number): ActivityDispatch {
  const queue: ActivityTask[] = [];
  const counts = new Map<string, number>();
  const running = new Set<Promise<void>>();
  let finished: Finished[] = [];
  let closed = false;
  let abandoned = false;

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
    // Awaited first: `finished` may be another array by the time the activity has ended.
    const event = await runActivity(context, task);
    finished.push({ task, event });
    if (finished.length === 1) setImmediate(flush);
  };
  const flush = (): void => {
    const batch = finished;
    finished = [];
    if (batch.length === 0 || abandoned) return;
    try {
      writeResults(context, batch);
    } catch (error) {
      context.log('error', 'host', `Cannot write results of activities: ${messageOf(error)}`);
      finished = [...batch, ...finished];
      setTimeout(flush, writeAgainAfter);
      return;
    }
    for (const { task } of batch) count(counts, task.instanceId, -1);
    for (const instanceId of new Set(batch.map(({ task }) => task.instanceId))) {
      context.wake(instanceId);
    }
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
      flush();
    },
    abandon: () => void (abandoned = true),
  };
}

function count(counts: Map<string, number>, instanceId: string, change: number): void {
  const now = (counts.get(instanceId) ?? 0) + change;
  if (now > 0) counts.set(instanceId, now);
  else counts.delete(instanceId);
}

function writeResults({ store }: EngineContext, batch: Finished[]): void {
  store.transaction(() => {
    for (const { task, event } of batch) {
      if (store.activities.remove(task)) store.inbox.add(task.instanceId, task.executionId, event);
    }
  });
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
    const failure = activityFailure(name, error);
    context.log('error', name, `Instance ${task.instanceId}: ${messageOf(error)}`);
    return taskFailed('TaskFailed', context.clock.now(), { taskId, failure });
  }
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
