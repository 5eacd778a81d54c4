import {
  EventType,
  type FailureDetails,
  type HistoryEvent,
  type RuntimeStatus,
} from './protocol.ts';

type EventName = keyof typeof EventType;

/** Builds one history event; `time` is milliseconds since 1970. */
export function historyEvent(
  type: EventName,
  time: number,
  fields: Partial<HistoryEvent> = {},
): HistoryEvent {
  return {
    EventType: EventType[type],
    EventId: -1,
    IsPlayed: false,
    Timestamp: new Date(time).toISOString(),
    ...fields,
  };
}

/** Which execution of which instance waits for a sub-orchestration, and under which id. */
export interface Parent {
  instanceId: string;
  executionId: string;
  taskId: number;
}

/** What an ExecutionStarted event says. */
export interface Start {
  instanceId: string;
  executionId: string;
  name: string;
  version: string | null;
  /** A JSON text. */
  input: string;
  parent: Parent | null;
  /** How often the id was started before; null after continueAsNew, as in the real host. */
  generation: number | null;
}

/** The first event of an execution. */
export function executionStarted(start: Start, time: number): HistoryEvent {
  return historyEvent('ExecutionStarted', time, {
    OrchestrationInstance: { InstanceId: start.instanceId, ExecutionId: start.executionId },
    ParentInstance: start.parent && {
      TaskScheduleId: start.parent.taskId,
      OrchestrationInstance: {
        InstanceId: start.parent.instanceId,
        ExecutionId: start.parent.executionId,
      },
    },
    Name: start.name,
    Version: start.version,
    Input: start.input,
    Tags: null,
    Correlation: null,
    ParentTraceContext: null,
    ScheduledStartTime: null,
    Generation: start.generation,
    GenerateNewTrace: false,
  });
}

/** How a task failed. */
export interface TaskFailure {
  reason: string;
  details: string | null;
  failureDetails: FailureDetails | null;
}

/** The end of an activity or sub-orchestration that failed. */
export function taskFailed(
  type: 'TaskFailed' | 'SubOrchestrationInstanceFailed',
  time: number,
  { taskId, failure }: { taskId: number; failure: TaskFailure },
): HistoryEvent {
  return historyEvent(type, time, {
    TaskScheduledId: taskId,
    Reason: failure.reason,
    Details: failure.details,
    FailureDetails: failure.failureDetails,
  });
}

/** The end of an activity or sub-orchestration that returned; `result` is a JSON text. */
export function taskCompleted(
  type: 'TaskCompleted' | 'SubOrchestrationInstanceCompleted',
  time: number,
  { taskId, result }: { taskId: number; result: string },
): HistoryEvent {
  return historyEvent(type, time, { TaskScheduledId: taskId, Result: result });
}

/** The last event of an execution; `result` is a JSON text. */
export function executionCompleted(
  time: number,
  status: RuntimeStatus,
  result: string | null,
): HistoryEvent {
  return historyEvent('ExecutionCompleted', time, {
    OrchestrationStatus: status,
    Result: result,
    FailureDetails: null,
  });
}
