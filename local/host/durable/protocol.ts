/** Numbers of history events, as the Durable Task framework has them. */
export const EventType = {
  ExecutionStarted: 0,
  ExecutionCompleted: 1,
  ExecutionTerminated: 3,
  TaskScheduled: 4,
  TaskCompleted: 5,
  TaskFailed: 6,
  SubOrchestrationInstanceCreated: 7,
  SubOrchestrationInstanceCompleted: 8,
  SubOrchestrationInstanceFailed: 9,
  TimerCreated: 10,
  TimerFired: 11,
  OrchestratorStarted: 12,
  OrchestratorCompleted: 13,
  EventSent: 14,
  EventRaised: 15,
  ContinueAsNew: 16,
  ExecutionSuspended: 19,
  ExecutionResumed: 20,
} as const;

/** Numbers of the actions an orchestrator asks for (durable-functions 3.x, ActionType). */
export const ActionType = {
  CallActivity: 0,
  CallActivityWithRetry: 1,
  CallSubOrchestrator: 2,
  CallSubOrchestratorWithRetry: 3,
  ContinueAsNew: 4,
  CreateTimer: 5,
  WaitForExternalEvent: 6,
  CallEntity: 7,
  CallHttp: 8,
  SignalEntity: 9,
  WhenAny: 11,
  WhenAll: 12,
  LockEntities: 13,
  ReleaseEntities: 14,
} as const;

/** States of an instance, by Azure's names. */
export type RuntimeStatus =
  | 'Pending'
  | 'Running'
  | 'Suspended'
  | 'Completed'
  | 'Failed'
  | 'Terminated';

/** One event of an orchestration's history, in the shape the real host passes to the app. */
export interface HistoryEvent {
  EventType: number;
  /** The sequence number of a task this event schedules; -1 for every other event. */
  EventId: number;
  IsPlayed: boolean;
  Timestamp: string;
  Name?: string | null;
  Version?: string | null;
  /** A JSON text. */
  Input?: string | null;
  /** A JSON text. */
  Result?: string | null;
  Reason?: string | null;
  Details?: string | null;
  FailureDetails?: FailureDetails | null;
  TaskScheduledId?: number;
  TimerId?: number;
  FireAt?: string;
  InstanceId?: string;
  OrchestrationInstance?: { InstanceId: string; ExecutionId: string };
  ParentInstance?: unknown;
  OrchestrationStatus?: RuntimeStatus;
  [other: string]: unknown;
}

/** A failure with its type, when the app has registered an exception properties provider. */
export interface FailureDetails {
  ErrorType: string;
  ErrorMessage: string;
  StackTrace?: string | null;
  InnerFailure?: unknown;
  IsNonRetriable?: boolean;
  Properties?: unknown;
}

/** True for an instance that will not run again by itself. */
export function isTerminal(status: RuntimeStatus): boolean {
  return status === 'Completed' || status === 'Failed' || status === 'Terminated';
}
