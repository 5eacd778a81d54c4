import type { TaskFailure } from './events.ts';
import { EventType, type HistoryEvent } from './protocol.ts';

/** A task that history says was scheduled. */
export interface ScheduledTask {
  kind: 'activity' | 'subOrchestration' | 'timer' | 'message';
  /** The function's name; empty for a timer or a message. */
  name: string;
  /** Of the sub-orchestration, or of the entity. */
  instanceId: string;
  version: string;
  /** When it was scheduled, in milliseconds since 1970. */
  at: number;
  done: boolean;
  failure?: TaskFailure;
}

/** What the SDK reads of an event; times are Dates, so that it need not convert them again. */
export interface PlayedEvent {
  EventType: number;
  IsPlayed: false;
  Timestamp?: Date;
  [field: string]: unknown;
}

/** One execution as it is held in memory while it is active. */
export interface Execution {
  executionId: string;
  /** The history without what the SDK does not read. */
  played: PlayedEvent[];
  tasks: Map<number, ScheduledTask>;
  /** Calls of entities that wait for their answer, by the id it comes with. */
  calls: Map<string, ScheduledTask>;
}

/** Builds an execution from its whole history. */
export function toExecution(executionId: string, history: HistoryEvent[]): Execution {
  const execution = { executionId, played: [], tasks: new Map(), calls: new Map() };
  extend(execution, history);
  return execution;
}

/** Adds events to an execution in place. */
export function extend(execution: Execution, events: HistoryEvent[]): void {
  for (const event of events) {
    const played = prune(event);
    if (played) execution.played.push(played);
    note(execution, event);
  }
}

/** The part of an event that the SDK reads; undefined when it reads none of it. */
export function prune(event: HistoryEvent): PlayedEvent | undefined {
  const base = { EventType: event.EventType, IsPlayed: false } as const;
  switch (event.EventType) {
    case EventType.OrchestratorStarted:
      return { ...base, Timestamp: new Date(event.Timestamp) };
    case EventType.ExecutionStarted:
      return { ...base, Version: event.Version };
    case EventType.TaskCompleted:
    case EventType.SubOrchestrationInstanceCompleted:
      return { ...base, TaskScheduledId: event.TaskScheduledId, Result: event.Result };
    case EventType.TaskFailed:
    case EventType.SubOrchestrationInstanceFailed:
      return {
        ...base,
        TaskScheduledId: event.TaskScheduledId,
        Reason: event.Reason,
        Details: event.Details,
        FailureDetails: event.FailureDetails,
      };
    case EventType.TimerFired:
      return { ...base, TimerId: event.TimerId };
    case EventType.EventRaised:
      return { ...base, Name: event.Name, Input: event.Input };
    case EventType.EventSent:
      return { ...base, EventId: event.EventId, Input: event.Input };
    default:
      return undefined;
  }
}

function note({ tasks, calls }: Execution, event: HistoryEvent): void {
  switch (event.EventType) {
    case EventType.TaskScheduled:
      return void tasks.set(event.EventId, scheduled('activity', event));
    case EventType.SubOrchestrationInstanceCreated:
      return void tasks.set(event.EventId, scheduled('subOrchestration', event));
    case EventType.TimerCreated:
      return void tasks.set(event.EventId, scheduled('timer', event));
    case EventType.EventSent:
      return noteMessage({ tasks, calls }, event);
    case EventType.EventRaised:
      return finish(calls.get(event.Name ?? ''), event);
    case EventType.TimerFired:
      return finish(tasks.get(event.TimerId ?? -1), event);
    case EventType.TaskCompleted:
    case EventType.TaskFailed:
    case EventType.SubOrchestrationInstanceCompleted:
    case EventType.SubOrchestrationInstanceFailed:
      return finish(tasks.get(event.TaskScheduledId ?? -1), event);
  }
}

function scheduled(kind: ScheduledTask['kind'], event: HistoryEvent): ScheduledTask {
  return {
    kind,
    name: event.Name ?? '',
    instanceId: event.InstanceId ?? '',
    version: event.Version ?? '',
    at: Date.parse(event.Timestamp),
    done: false,
  };
}

function noteMessage(
  { tasks, calls }: Pick<Execution, 'tasks' | 'calls'>,
  event: HistoryEvent,
): void {
  const { id, signal }: { id: string; signal?: boolean } = JSON.parse(event.Input ?? '{}');
  const task = { ...scheduled('message', event), done: signal === true };
  tasks.set(event.EventId, task);
  if (!signal) calls.set(id, task);
}

function finish(task: ScheduledTask | undefined, event: HistoryEvent): void {
  if (!task) return;
  task.done = true;
  if (typeof event.Reason !== 'string') return;
  task.failure = {
    reason: event.Reason,
    details: event.Details ?? null,
    failureDetails: event.FailureDetails ?? null,
  };
}
