import { historyEvent, taskFailed } from './events.ts';
import type { Execution } from './execution.ts';
import { findNonDeterminism } from './determinism.ts';
import { ActionType, type HistoryEvent } from './protocol.ts';
import type { Replay } from './replay.ts';
import { afterFailure, syntheticFailure } from './retry.ts';
import type { SdkAction, SdkTask } from './sdk.ts';
import { findWarnings, type Warning } from './warnings.ts';

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
  /** Completions that are known without running anything. */
  replies: HistoryEvent[];
  customStatus: string | null;
  end?: End;
  warnings: Warning[];
}

/** What a decision rests on besides the replay. */
export interface Situation {
  /** Name of the orchestrator function. */
  name: string;
  execution: Execution;
  knownActivities: ReadonlySet<string>;
  /** Milliseconds since 1970. */
  now: number;
}

/** Decides what one replay leads to; touches nothing. */
export function decide(situation: Situation, replay: Replay): Decision {
  const decision: Decision = {
    events: [],
    activities: [],
    timers: [],
    cancelledTimers: [],
    children: [],
    replies: [],
    customStatus: replay.customStatus,
    warnings: findWarnings(situation.name, replay),
  };
  const wrong = findRefused(replay) ?? findNonDeterminism(situation.execution, replay.tasks);
  if (wrong !== undefined) return { ...decision, end: failed(wrong) };
  const planner = { situation, decision };
  for (const task of replay.tasks.values()) {
    if (!situation.execution.tasks.has(task.id)) plan(planner, task);
    else if (task.action?.isCanceled) decision.cancelledTimers.push(task.id);
  }
  const end = findEnd(planner, replay);
  return end ? { ...decision, end } : decision;
}

interface Planner {
  situation: Situation;
  decision: Decision;
}

/** The actions that the local host does not provide yet, by the call that asks for them. */
const refusedActions: Record<number, string> = {
  [ActionType.CallEntity]: 'callEntity',
  [ActionType.SignalEntity]: 'signalEntity',
  [ActionType.LockEntities]: 'lock',
  [ActionType.ReleaseEntities]: 'lock',
  [ActionType.CallHttp]: 'callHttp',
};

function findRefused(replay: Replay): string | undefined {
  const call = firstRefused(replay.actions);
  return call && `context.df.${call} is not provided by the local host yet.`;
}

function firstRefused(actions: SdkAction[]): string | undefined {
  for (const { actionType, compoundActions } of actions) {
    const call = refusedActions[actionType] ?? (compoundActions && firstRefused(compoundActions));
    if (call) return call;
  }
  return undefined;
}

function failed(message: string): End {
  return { status: 'Failed', output: JSON.stringify(message) };
}

function plan(planner: Planner, task: SdkTask): void {
  const { retry } = task;
  const action = retry?.action ?? task.action;
  if (!action) return;
  if (retry && retry.position % 2 === 1) planRetryTimer(planner, task);
  else if (action.actionType === ActionType.CreateTimer) planTimer(planner, task.id, action);
  else if (isSubOrchestration(action)) planChild(planner, task, action);
  else planActivity(planner, task, action);
}

function planTimer({ situation, decision }: Planner, taskId: number, action: SdkAction): void {
  const fireAt = action.fireAt?.getTime() ?? situation.now;
  decision.events.push(timerCreated(taskId, fireAt, situation.now));
  if (!action.isCanceled) decision.timers.push({ taskId, fireAt });
}

function planRetryTimer({ situation, decision }: Planner, task: SdkTask): void {
  const fireAt = afterFailure(situation, task);
  decision.events.push(timerCreated(task.id, fireAt, situation.now));
  decision.timers.push({ taskId: task.id, fireAt });
}

function timerCreated(taskId: number, fireAt: number, now: number): HistoryEvent {
  const FireAt = new Date(fireAt).toISOString();
  return historyEvent('TimerCreated', now, { EventId: taskId, FireAt });
}

function isSubOrchestration({ actionType }: SdkAction): boolean {
  return (
    actionType === ActionType.CallSubOrchestrator ||
    actionType === ActionType.CallSubOrchestratorWithRetry
  );
}

function planChild({ situation, decision }: Planner, task: SdkTask, action: SdkAction): void {
  const name = action.functionName ?? '';
  const version = action.version ?? null;
  const instanceId = action.instanceId || `${situation.execution.executionId}:${task.id}`;
  const input = JSON.stringify(action.input ?? null);
  decision.events.push(
    historyEvent('SubOrchestrationInstanceCreated', situation.now, {
      EventId: task.id,
      Name: name,
      InstanceId: instanceId,
      Version: version,
      Input: input,
    }),
  );
  const failure = syntheticFailure(situation, task);
  if (failure) {
    reply(decision, situation, { type: 'SubOrchestrationInstanceFailed', task, failure });
  } else {
    decision.children.push({ taskId: task.id, instanceId, name, version, input });
  }
}

function planActivity({ situation, decision }: Planner, task: SdkTask, action: SdkAction): void {
  const name = action.functionName ?? '';
  decision.events.push(
    historyEvent('TaskScheduled', situation.now, {
      EventId: task.id,
      Name: name,
      Version: '',
      Input: null,
    }),
  );
  const failure = syntheticFailure(situation, task) ?? unknownActivity(situation, name);
  if (failure) reply(decision, situation, { type: 'TaskFailed', task, failure });
  else decision.activities.push({ taskId: task.id, name, input: activityInput(action.input) });
}

function reply(decision: Decision, { now }: Situation, { type, task, failure }: Reply): void {
  decision.replies.push(taskFailed(type, now, { taskId: task.id, failure }));
}

interface Reply {
  type: 'TaskFailed' | 'SubOrchestrationInstanceFailed';
  task: SdkTask;
  failure: { reason: string; details: string | null; failureDetails: null };
}

function unknownActivity(
  { knownActivities }: Situation,
  name: string,
): Reply['failure'] | undefined {
  if (knownActivities.has(name)) return undefined;
  const known = [...knownActivities].toSorted().map((each) => `'${each}'`);
  return {
    reason: `Activity function '${name}' failed:  The function '${name}' doesn't exist, is disabled, or is not an activity function.`,
    details: `Additional info: The following are the known activity functions: ${known.join(', ')}. (Azure would leave this instance Running for ever.)`,
    failureDetails: null,
  };
}

/** The SDK has encoded a string once already; null and absent both reach the handler as undefined. */
function activityInput(input: unknown): string | null {
  if (input === undefined || input === null) return null;
  return typeof input === 'string' ? input : JSON.stringify(input);
}

/** An execution ends only when nothing it has started is still open: so does Azure's. */
function findEnd({ situation, decision }: Planner, replay: Replay): End | undefined {
  const isOpen = hasOpenTasks(situation.execution, replay, decision);
  if (isOpen) return undefined;
  if (replay.failure) return failed(failureOutput(situation.name, replay.failure));
  if (!replay.ended) return replay.waitsFor.length > 0 ? undefined : stuck(situation.name);
  if (!replay.continueAsNew) return { status: 'Completed', output: replay.output };
  // Encoding once more what the SDK has encoded is what Azure does: a string arrives with its quotes.
  return { status: 'ContinuedAsNew', input: JSON.stringify(replay.continueAsNew.input ?? null) };
}

function hasOpenTasks(execution: Execution, replay: Replay, decision: Decision): boolean {
  const { activities, timers, children, replies } = decision;
  if ([activities, timers, children, replies].some((started) => started.length > 0)) return true;
  for (const [id, task] of execution.tasks) {
    if (!task.done && !replay.tasks.get(id)?.action?.isCanceled) return true;
  }
  return false;
}

/** A failure that carries its type is shown bare, any other with the orchestrator's name. */
export function failureOutput(name: string, failure: NonNullable<Replay['failure']>): string {
  if (failure.failureDetails) return failure.message;
  return `Orchestrator function '${name}' failed: ${failure.message}`;
}

function stuck(name: string): End {
  return failed(
    `Orchestrator function '${name}' failed: it waits for a task that can never complete, ` +
      'such as a cancelled timer. (Azure would leave this instance Running for ever.)',
  );
}
