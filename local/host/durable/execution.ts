import type { TaskFailure } from './events.ts';
import { EventType, type HistoryEvent } from './protocol.ts';

/** A task that history says was scheduled. */
export interface ScheduledTask {
  kind: 'activity' | 'subOrchestration' | 'timer';
  /** The function's name; empty for a timer. */
  name: string;
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
}

/** Builds an execution from its whole history. */
export function toExecution(executionId: string, history: HistoryEvent[]): Execution {
  const execution = { executionId, played: [], tasks: new Map() };
  extend(execution, history);
  return execution;
}

/** Adds events to an execution in place. */
export function extend(execution: Execution, events: HistoryEvent[]): void {
  for (const event of events) {
    const played = prune(event);
    if (played) execution.played.push(played);
    note(execution.tasks, event);
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
    default:
      return undefined;
  }
}

function note(tasks: Map<number, ScheduledTask>, event: HistoryEvent): void {
  switch (event.EventType) {
    case EventType.TaskScheduled:
      return void tasks.set(event.EventId, scheduled('activity', event));
    case EventType.SubOrchestrationInstanceCreated:
      return void tasks.set(event.EventId, scheduled('subOrchestration', event));
    case EventType.TimerCreated:
      return void tasks.set(event.EventId, scheduled('timer', event));
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
  return { kind, name: event.Name ?? '', at: Date.parse(event.Timestamp), done: false };
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
