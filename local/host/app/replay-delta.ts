import type { Replay } from '../durable/replay.ts';
import type { SdkTask } from '../durable/sdk.ts';

/**
 * What is new in a replay since the one before it. An orchestrator does all that it has done again in
 * each replay: sending it all each time would make a wide fan-out quadratic.
 */
export interface ReplayDelta {
  /** Its `tasks` and `actions` are only those that are new or have changed. */
  replay: Replay;
  /** True when it is the whole replay, whatever came before. */
  isWhole: boolean;
  /** Tasks that are there no more: only an edited orchestrator leaves some out. */
  removed: number[];
  /** The number of this delta; the next one builds on it. */
  version: number;
}

/** What the host has been sent of an execution's replays. */
export interface SentReplay {
  version: number;
  /** A text for each task that changes with everything the host may want to know of it. */
  tasks: Map<number, string>;
  actions: number;
}

/** The part of a replay that a host does not know that has last merged delta number `known`. */
export function deltaOf(
  replay: Replay,
  before: SentReplay | undefined,
  known: number,
): { delta: ReplayDelta; sent: SentReplay } {
  const isWhole = before?.version !== known || replay.actions.length < before.actions;
  const from: SentReplay = isWhole ? { version: known, tasks: new Map(), actions: 0 } : before;
  const version = known + 1;
  const tasks = new Map([...replay.tasks].map(([id, task]) => [id, signatureOf(task)]));
  const changed = [...replay.tasks].filter(([id]) => tasks.get(id) !== from.tasks.get(id));
  return {
    delta: {
      replay: {
        ...replay,
        tasks: new Map(changed),
        actions: replay.actions.slice(from.actions),
      },
      isWhole,
      removed: [...from.tasks.keys()].filter((id) => !tasks.has(id)),
      version,
    },
    sent: { version, tasks, actions: replay.actions.length },
  };
}

// Inputs are left out: the host reads them once, when a task is new.
function signatureOf({ action, retry }: SdkTask): string {
  const { actionType, functionName, instanceId, isCanceled, fireAt } = action ?? {};
  return [
    actionType,
    functionName,
    instanceId,
    isCanceled,
    fireAt?.getTime(),
    retry?.position,
    retry?.ids.join(','),
  ].join('|');
}
