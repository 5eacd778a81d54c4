import type { EntityMessage } from './entities/messages.ts';
import { toEntityId } from './entities/entity-id.ts';
import type { Execution } from './execution.ts';
import { findNonDeterminism } from './determinism.ts';
import type { KnownFunctions } from './function-names.ts';
import { planTask } from './plan-task.ts';
import { ActionType, type HistoryEvent } from './protocol.ts';
import type { Replay } from './replay.ts';
import type { SdkAction } from './sdk.ts';
import { findWarnings, hangs, type Warning } from './warnings.ts';

/** A sub-orchestration that is to start; `input` is a JSON text. */
export interface ChildStart {
  taskId: number;
  instanceId: string;
  name: string;
  version: string | null;
  input: string;
}

/** How an execution ends; JSON texts. */
export type End =
  | { status: 'Completed' | 'Failed'; output: string }
  | { status: 'ContinuedAsNew'; input: string };

/** Everything that follows from one episode. */
export interface Decision {
  /** Events that schedule new tasks, in the order of their ids. */
  events: HistoryEvent[];
  activities: { taskId: number; name: string; input: string | null }[];
  timers: { taskId: number; fireAt: number }[];
  cancelledTimers: number[];
  children: ChildStart[];
  /** What entities are to be told; `target` is a scheduler id. */
  messages: { target: string; message: EntityMessage }[];
  /** Completions that are known without running anything. */
  replies: HistoryEvent[];
  customStatus: string | null;
  end?: End;
  warnings: Warning[];
}

/** What a decision rests on besides the replay. */
export interface Situation {
  instanceId: string;
  /** Name of the orchestrator function. */
  name: string;
  execution: Execution;
  orchestrators: KnownFunctions;
  activities: KnownFunctions;
  entities: KnownFunctions;
  /** Milliseconds since 1970. */
  now: number;
}

/** A decision that starts nothing. */
export function emptyDecision(): Decision {
  return {
    events: [],
    activities: [],
    timers: [],
    cancelledTimers: [],
    children: [],
    messages: [],
    replies: [],
    customStatus: null,
    warnings: [],
  };
}

/** The decision to end an instance as failed. */
export function failedDecision(message: string): Decision {
  return { ...emptyDecision(), end: failed(message) };
}

/** Decides what one replay leads to; touches nothing. */
export function decide(situation: Situation, replay: Replay): Decision {
  const { customStatus } = replay;
  const decision = { ...emptyDecision(), customStatus, warnings: findWarnings(situation, replay) };
  const tooLong = findTooLong(situation, customStatus);
  if (tooLong !== undefined) return failedDecision(tooLong);
  const wrong =
    findRefused(situation, replay) ?? findNonDeterminism(situation.execution, replay.tasks);
  if (wrong !== undefined) return { ...decision, end: failed(wrong) };
  for (const task of replay.tasks.values()) {
    if (!situation.execution.tasks.has(task.id)) planTask({ situation, decision }, task);
    else if (task.action?.isCanceled) decision.cancelledTimers.push(task.id);
  }
  const end = findEnd(situation, decision, replay);
  return end ? { ...decision, end } : decision;
}

const noLocks =
  'context.df.lock is not provided by the local host. Let one operation of one entity do what must not be interrupted.';
const noHttp =
  'context.df.callHttp is not provided by the local host. Call an activity that uses fetch.';

/** The actions that the local host does not provide, and what to do instead. */
const refusedActions: Record<number, string> = {
  [ActionType.LockEntities]: noLocks,
  [ActionType.ReleaseEntities]: noLocks,
  [ActionType.CallHttp]: noHttp,
};

function findRefused(situation: Situation, replay: Replay): string | undefined {
  for (const action of replay.actions) {
    const reason = refusalOf(situation, action);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function refusalOf(situation: Situation, action: SdkAction): string | undefined {
  const refusal = refusedActions[action.actionType];
  if (refusal) return refusal;
  if (action.actionType === ActionType.SignalEntity) return unknownEntity(situation, action);
  for (const part of action.compoundActions ?? []) {
    const reason = refusalOf(situation, part);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

// A signal has no answer in which its sender could be told.
function unknownEntity({ name, entities }: Situation, action: SdkAction): string | undefined {
  const entity = toEntityId(action.instanceId ?? '');
  if (entities.get(entity.name)) return undefined;
  return `Orchestrator function '${name}' failed: ${entities.unknown(entity.name)} ${hangs}`;
}

/** The Durable extension's limit for a custom status, in KB of UTF-16. */
const longestCustomStatus = 16;

function findTooLong({ name }: Situation, customStatus: string | null): string | undefined {
  const size = Math.floor(((customStatus?.length ?? 0) * 2) / 1024);
  if (size <= longestCustomStatus) return undefined;
  return (
    `Orchestrator function '${name}' failed: The UTF-16 size of the JSON-serialized payload must not exceed ` +
    `${longestCustomStatus} KB. The current payload size is ${size} KB.`
  );
}

function failed(message: string): End {
  return { status: 'Failed', output: JSON.stringify(message) };
}

/** An execution ends only when nothing it has started is still open: so does Azure's. */
function findEnd(situation: Situation, decision: Decision, replay: Replay): End | undefined {
  const isOpen = hasOpenTasks(situation.execution, replay, decision);
  if (isOpen) return undefined;
  if (replay.failure) return failed(failureOutput(situation.name, replay.failure));
  if (!replay.ended) return replay.waitsFor.length > 0 ? undefined : stuck(situation.name);
  if (!replay.continueAsNew) return { status: 'Completed', output: replay.output };
  // Encoding once more what the SDK has encoded is what Azure does: a string arrives with its quotes.
  return { status: 'ContinuedAsNew', input: JSON.stringify(replay.continueAsNew.input ?? null) };
}

function hasOpenTasks(execution: Execution, replay: Replay, decision: Decision): boolean {
  const { activities, timers, children, replies, messages } = decision;
  if ([activities, timers, children, replies].some((started) => started.length > 0)) return true;
  if (messages.some(({ message }) => message.caller)) return true;
  for (const [id, task] of execution.tasks) {
    if (!task.done && !replay.tasks.get(id)?.action?.isCanceled) return true;
  }
  return false;
}

/** A failure that carries its type is shown bare, any other with the orchestrator's name. */
function failureOutput(name: string, failure: NonNullable<Replay['failure']>): string {
  if (failure.failureDetails) return failure.message;
  const output = `Orchestrator function '${name}' failed: ${failure.message}`;
  return failure.hangsInAzure ? `${output} ${hangs}`.replace(':  (', ': (') : output;
}

function stuck(name: string): End {
  return failed(
    `Orchestrator function '${name}' failed: it waits for a task that can never complete, ` +
      `such as a cancelled timer. ${hangs}`,
  );
}
