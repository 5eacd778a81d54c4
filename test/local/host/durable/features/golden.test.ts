import type { OrchestrationHandler } from 'durable-functions';
import { describe, expect, it } from 'vitest';
import { EventType, type HistoryEvent } from '../../../../../local/host/durable/protocol.ts';
import {
  replayHistory,
  type HistoryReplayResult,
} from '../../../../../local/host/durable/replay-history.ts';
import { orchestrators } from '../../apps/features/functions/orchestrators.ts';
import { golden, goldenNames } from './golden.ts';

const scheduling = new Set<number>([
  EventType.TaskScheduled,
  EventType.SubOrchestrationInstanceCreated,
  EventType.TimerCreated,
  EventType.EventSent,
]);

describe('a history that was kept', () => {
  it.each(goldenNames())('%s is understood by the executor at every episode', async (name) => {
    const history = golden(name);
    const ends = history.flatMap(({ EventType: type }, index) =>
      type === EventType.OrchestratorCompleted ? [index] : [],
    );
    expect(ends.length).toBeGreaterThan(0);
    for (const end of ends) {
      const result = await play(history.slice(0, end));
      const isLast = end === ends.at(-1) && !wasTerminated(history);
      expect([end, hasEnded(result)]).toEqual([end, isLast]);
      if (!hasRetries(result)) expect(asked(result)).toEqual(scheduled(history.slice(0, end)));
    }
  });

  it.each(goldenNames())('%s ends as it then did', async (name) => {
    const history = golden(name);
    const end = history.find(({ EventType: type }) => type === EventType.ExecutionCompleted);
    const { output, error, actions } = await play(history);
    if (!end) expect(actions.at(-1)?.actionType).toBe(4);
    else if (end.OrchestrationStatus === 'Failed') expect(end.Result).toContain(error);
    else if (end.OrchestrationStatus === 'Completed') {
      expect(output ?? null).toEqual(JSON.parse(end.Result!));
    } else expect(end.OrchestrationStatus).toBe('Terminated');
  });
});

function play(history: HistoryEvent[]): Promise<HistoryReplayResult> {
  const start = history.find(({ EventType: type }) => type === EventType.ExecutionStarted)!;
  return replayHistory({
    orchestrator: orchestrators[start.Name as keyof typeof orchestrators] as OrchestrationHandler,
    instanceId: start.OrchestrationInstance!.InstanceId,
    input: JSON.parse(start.Input!),
    // The host does not play this one: the next generation begins with a history of its own.
    history: history.filter(({ EventType: type }) => type !== EventType.ContinueAsNew),
  });
}

function wasTerminated(history: HistoryEvent[]): boolean {
  return history.some(({ EventType: type }) => type === EventType.ExecutionTerminated);
}

function hasEnded({ isDone, error }: HistoryReplayResult): boolean {
  return isDone || error !== undefined;
}

type Action = HistoryReplayResult['actions'][number] & {
  compoundActions?: Action[];
  functionName?: string;
};

function leaves(actions: Action[]): Action[] {
  return actions.flatMap((action) =>
    action.compoundActions ? leaves(action.compoundActions) : action,
  );
}

function hasRetries({ actions }: HistoryReplayResult): boolean {
  return leaves(actions).some(({ actionType }) => actionType === 1 || actionType === 3);
}

/** What the executor has asked for, in the order of the ids; events and continueAsNew have none. */
function asked({ actions }: HistoryReplayResult): string[] {
  return leaves(actions)
    .filter(({ actionType }) => actionType !== 4 && actionType !== 6)
    .map((action) => action.functionName ?? (action.actionType === 5 ? 'timer' : 'op'));
}

function scheduled(history: HistoryEvent[]): string[] {
  return history
    .filter(({ EventType: type }) => scheduling.has(type))
    .map((event) => event.Name ?? 'timer');
}
