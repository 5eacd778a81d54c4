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
    const difference = task ? differenceOf(id, recorded, task) : missing(id, recorded);
    if (!difference) continue;
    return (
      `Non-Deterministic workflow detected: A previous execution of this orchestration scheduled ${difference} ` +
      'Was a change made to the orchestrator code after this instance had already started running?'
    );
  }
  return undefined;
}

type Kind = ScheduledTask['kind'];

function missing(id: number, task: ScheduledTask): string {
  return `${describe(id, task, 'missing')} but the current replay execution hasn't (yet?) scheduled this task.`;
}

function differenceOf(id: number, recorded: ScheduledTask, task: SdkTask): string | undefined {
  const kind = kindOf(task);
  const name = (task.retry?.action ?? task.action)?.functionName ?? '';
  const before = describe(id, recorded, 'other');
  if (kind !== recorded.kind) return `${before} but the current ${instead(recorded.kind, kind)}.`;
  if (recorded.kind === 'timer' || recorded.kind === 'message') return undefined;
  if (name.toLowerCase() === recorded.name.toLowerCase()) return undefined;
  return recorded.kind === 'activity'
    ? `${before} but the current orchestration replay instead scheduled an activity task named '${name}' with this sequence number. `
    : `${before} but the current orchestration replay instead scheduled a sub-orchestration task with name ${name} at this sequence number.`;
}

// The texts differ from kind to kind, and so do Azure's.
function describe(id: number, task: ScheduledTask, difference: 'missing' | 'other'): string {
  const { name, version, instanceId } = task;
  switch (task.kind) {
    case 'activity':
      return difference === 'missing'
        ? `an activity task with sequence ID ${id} and name '${name}' (version '${version}'),`
        : `an activity task with sequence number ${id} named '${name}',`;
    case 'subOrchestration':
      return `a sub-orchestration task with sequence ID ${id} and name '${name}' (version '${version}', instance ID '${instanceId}'),`;
    case 'message':
      return `a send event task with sequence ID ${id}, type 'EventSent'${difference === 'missing' ? '' : ','} name '${name}', instance ID '${instanceId}',`;
    case 'timer':
      return difference === 'missing'
        ? `a timer task with sequence number ${id}`
        : `a timer task with sequence number ${id} named`;
  }
}

function instead(recorded: Kind, kind: Kind): string {
  const action = actionTypes[kind];
  if (recorded === 'message') {
    return `orchestration replay instead scheduled a ${action} task at this sequence number`;
  }
  const place = recorded === 'subOrchestration' ? 'at' : 'with';
  return `orchestration replay instead produced a ${action} action ${place} this sequence number`;
}

const actionTypes: Record<Kind, string> = {
  activity: 'ScheduleTaskOrchestratorAction',
  subOrchestration: 'CreateSubOrchestrationAction',
  timer: 'CreateTimerOrchestratorAction',
  message: 'SendEventOrchestratorAction',
};

/** What kind of task the replay has scheduled. */
function kindOf(task: SdkTask): Kind {
  if (task.retry && task.retry.position % 2 === 1) return 'timer';
  switch ((task.retry?.action ?? task.action)?.actionType) {
    case ActionType.CreateTimer:
      return 'timer';
    case ActionType.CallSubOrchestrator:
    case ActionType.CallSubOrchestratorWithRetry:
      return 'subOrchestration';
    case ActionType.CallEntity:
    case ActionType.SignalEntity:
      return 'message';
    default:
      return 'activity';
  }
}
