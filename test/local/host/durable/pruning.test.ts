import type { OrchestrationContext, Task } from 'durable-functions';
import { expect, it } from 'vitest';
import { historyEvent, taskCompleted, taskFailed } from '../../../../local/host/durable/events.ts';
import { prune } from '../../../../local/host/durable/execution.ts';
import type { HistoryEvent } from '../../../../local/host/durable/protocol.ts';
import { replayHistory } from '../../../../local/host/durable/replay-history.ts';

/** Meets every kind of event that the SDK reads, and the clock. */
function* orchestrator({ df }: OrchestrationContext): Generator<Task, unknown[], unknown> {
  const seen: unknown[] = [yield df.callActivity('a', 1)];
  const caught = (error: unknown): unknown => seen.push((error as Error).message);
  try {
    yield df.callActivity('b');
  } catch (error) {
    caught(error);
  }
  yield df.createTimer(new Date(df.currentUtcDateTime.getTime() + 1_000));
  seen.push(yield df.waitForExternalEvent('go'));
  seen.push(yield df.callSubOrchestrator('c'));
  try {
    yield df.callSubOrchestrator('d');
  } catch (error) {
    caught(error);
  }
  seen.push(df.currentUtcDateTime.toISOString());
  df.setCustomStatus(seen);
  return seen;
}

/** One turn: what arrived in it, and the event of the task that it started. */
function turn(index: number, arrived: HistoryEvent, scheduled?: HistoryEvent): HistoryEvent[] {
  const end = historyEvent('OrchestratorCompleted', index);
  return [
    historyEvent('OrchestratorStarted', index),
    arrived,
    ...(scheduled ? [scheduled] : []),
    end,
  ];
}

const failure = { reason: 'no', details: 'because', failureDetails: null };
const child = (id: number, Name: string): HistoryEvent =>
  historyEvent('SubOrchestrationInstanceCreated', 0, { EventId: id, Name, InstanceId: Name });
const activity = (id: number, Name: string): HistoryEvent =>
  historyEvent('TaskScheduled', 0, { EventId: id, Name });

const history = [
  ...turn(0, historyEvent('ExecutionStarted', 0, { Name: 'all', Input: 'null' }), activity(0, 'a')),
  ...turn(1, taskCompleted('TaskCompleted', 1, { taskId: 0, result: '"A"' }), activity(1, 'b')),
  ...turn(
    2,
    taskFailed('TaskFailed', 2, { taskId: 1, failure }),
    historyEvent('TimerCreated', 2, { EventId: 2, FireAt: new Date(1_002).toISOString() }),
  ),
  ...turn(3, historyEvent('TimerFired', 3, { TimerId: 2 })),
  ...turn(4, historyEvent('EventRaised', 4, { Name: 'go', Input: '"G"' }), child(3, 'c')),
  ...turn(
    5,
    taskCompleted('SubOrchestrationInstanceCompleted', 5, { taskId: 3, result: '"C"' }),
    child(4, 'd'),
  ),
  ...turn(6, taskFailed('SubOrchestrationInstanceFailed', 6, { taskId: 4, failure })),
];

it('an orchestrator does the same with a pruned history as with the whole, at every length', async () => {
  const request = { orchestrator, instanceId: 'pruned', input: null };
  for (let length = 2; length <= history.length; length += 1) {
    const whole = history.slice(0, length);
    const pruned = whole.flatMap((event) => prune(event) ?? []) as unknown as HistoryEvent[];
    expect(JSON.stringify(pruned).length).toBeLessThan(JSON.stringify(whole).length);
    expect(await replayHistory({ ...request, history: pruned })).toEqual(
      await replayHistory({ ...request, history: whole }),
    );
  }
  const { output, isDone } = await replayHistory({ ...request, history });
  expect(isDone).toBe(true);
  expect(output).toEqual([
    'A',
    'no \n because',
    'G',
    'C',
    'no \n because',
    new Date(6).toISOString(),
  ]);
});
