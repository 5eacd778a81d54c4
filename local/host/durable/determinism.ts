import type { Execution, ScheduledTask } from './execution.ts';
import { ActionType } from './protocol.ts';
import type { SdkTask } from './sdk.ts';

/**
 * Compares what history says was scheduled with what the replay has scheduled.
 * Gives the text of Azure's error at the first difference. (The SDK itself checks nothing.)
 */
export function findNonDeterminism(
  execution: Execution,
  replayed: Map<number, SdkTask>,
): string | undefined {
  for (const [id, recorded] of execution.tasks) {
    const task = replayed.get(id);
    const difference = task ? differenceOf(recorded, task) : notScheduled;
    if (!difference) continue;
    return (
      `Non-Deterministic workflow detected: A previous execution of this orchestration scheduled ` +
      `${describe(recorded, id)} but the current replay execution ${difference}. Was a change made ` +
      'to the orchestrator code after this instance had already started running?'
    );
  }
  return undefined;
}

const notScheduled = "hasn't (yet?) scheduled this task";

const kindTexts: Record<ScheduledTask['kind'], string> = {
  activity: 'an activity task',
  subOrchestration: 'a sub-orchestration task',
  timer: 'a timer task',
};

function describe({ kind, name }: ScheduledTask, id: number): string {
  return `${kindTexts[kind]} with sequence number ${id}${name && ` named '${name}'`}`;
}

function differenceOf(recorded: ScheduledTask, task: SdkTask): string | undefined {
  const kind = kindOf(task);
  const name = kind === 'timer' ? '' : (task.retry?.action ?? task.action)?.functionName;
  if (kind === recorded.kind && name === recorded.name) return undefined;
  return `instead scheduled ${kindTexts[kind]}${name ? ` named '${name}'` : ''} with this sequence number`;
}

/** What kind of task the replay has scheduled. */
export function kindOf(task: SdkTask): ScheduledTask['kind'] {
  if (task.retry && task.retry.position % 2 === 1) return 'timer';
  switch ((task.retry?.action ?? task.action)?.actionType) {
    case ActionType.CreateTimer:
      return 'timer';
    case ActionType.CallSubOrchestrator:
    case ActionType.CallSubOrchestratorWithRetry:
      return 'subOrchestration';
    default:
      return 'activity';
  }
}
