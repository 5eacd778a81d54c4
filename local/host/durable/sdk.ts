import type { InvocationContext } from '../app/core-types.ts';

// What the host reads inside durable-functions 3.5.0. None of it is documented there: the JSON the
// SDK returns has no task ids, and ids derived from it go wrong once a task is used twice.

/** An action object of the SDK. */
export interface SdkAction {
  actionType: number;
  functionName?: string;
  /** Of an entity. */
  operation?: string;
  input?: unknown;
  instanceId?: string;
  version?: string;
  fireAt?: Date;
  isCanceled?: boolean;
  retryOptions?: RetryOptions;
  compoundActions?: SdkAction[];
}

/** How an activity or sub-orchestration is to be tried again. */
export interface RetryOptions {
  firstRetryIntervalInMilliseconds: number;
  maxNumberOfAttempts: number;
  backoffCoefficient?: number;
  maxRetryIntervalInMilliseconds?: number;
  retryTimeoutInMilliseconds?: number;
}

/** A task of the SDK that has a sequence number. */
export interface SdkTask {
  id: number;
  /** Absent for the place-holders of a retry. */
  action?: SdkAction;
  /** Set when the task belongs to a `…WithRetry` call. */
  retry?: RetryPlace;
}

/** Where a task stands in a `…WithRetry` call: 0 first attempt, 1 its timer, 2 second attempt, … */
export interface RetryPlace {
  position: number;
  action: SdkAction;
  options: RetryOptions;
  /** Sequence numbers of the call's earlier tasks. */
  ids: number[];
}

/** The SDK's executor of one replay. */
export interface Executor {
  sequenceNumber: number;
  actions: SdkAction[];
  openEvents: Record<string, unknown>;
  deferredTasks: Record<string, unknown>;
  orchestratorReturned: boolean;
  willContinueAsNew: boolean;
  exception?: unknown;
  output?: unknown;
  trackOpenTask(task: RawTask): void;
  recordFireAndForgetAction(action: SdkAction, increment?: number): void;
  processEvent(event: object): void;
}

interface RawTask {
  id: number | string | false;
  actionObj: SdkAction | 'noOp';
  children?: RawTask[];
  parent?: RawTask;
  innerTask?: RawTask;
  retryOptions?: RetryOptions;
}

/** What is seen of a replay while it runs. */
export interface Sighting {
  /** Every task that gets a sequence number. */
  tasks: Map<number, SdkTask>;
  /** How many events the SDK has taken; it takes no more once the orchestrator has ended. */
  taken: number;
  executor?: Executor;
}

/** Watches the SDK while it replays in `context`. */
export function watchExecutor(context: InvocationContext, sighting: Sighting): void {
  // The SDK creates its executor and uses it in one go, so it is caught while it is handed over.
  Object.defineProperty(context, 'df', {
    configurable: true,
    enumerable: true,
    get: () => undefined,
    set(df: { taskOrchestratorExecutor?: Executor }) {
      Object.defineProperty(context, 'df', { value: df, writable: true, enumerable: true });
      if (!df.taskOrchestratorExecutor) return;
      sighting.executor = df.taskOrchestratorExecutor;
      recordTasks(df.taskOrchestratorExecutor, sighting.tasks);
      recordSignals(df.taskOrchestratorExecutor, sighting.tasks);
      countEvents(df.taskOrchestratorExecutor, sighting);
    },
  });
}

/** True while the SDK replays what the orchestrator has already done. */
export function isReplayed(context: InvocationContext): boolean {
  return Boolean((context.df as { isReplaying?: boolean } | undefined)?.isReplaying);
}

function recordTasks(executor: Executor, tasks: Map<number, SdkTask>): void {
  const track = executor.trackOpenTask;
  executor.trackOpenTask = function (task) {
    // After continueAsNew the SDK leaves new tasks out of its answer.
    if (task.id === false && !task.children && !executor.willContinueAsNew) {
      tasks.set(executor.sequenceNumber, toTask(task, executor.sequenceNumber));
    }
    track.call(executor, task);
  };
}

// Signals to entities are no tasks to the SDK, but they take a sequence number.
function recordSignals(executor: Executor, tasks: Map<number, SdkTask>): void {
  const record = executor.recordFireAndForgetAction;
  executor.recordFireAndForgetAction = function (action, increment) {
    if (!executor.willContinueAsNew) {
      tasks.set(executor.sequenceNumber, { id: executor.sequenceNumber, action });
    }
    record.call(executor, action, increment);
  };
}

function countEvents(executor: Executor, sighting: Sighting): void {
  const process = executor.processEvent;
  executor.processEvent = function (event) {
    sighting.taken += 1;
    process.call(executor, event);
  };
}

function toTask(task: RawTask, id: number): SdkTask {
  const retry = retryPlace(task);
  return {
    id,
    ...(task.actionObj !== 'noOp' && { action: task.actionObj }),
    ...(retry && { retry }),
  };
}

function retryPlace(task: RawTask): RetryPlace | undefined {
  const { parent } = task;
  if (!parent?.innerTask || !parent.retryOptions || !parent.children) return undefined;
  const position = parent.children.indexOf(task);
  const action = parent.innerTask.actionObj;
  if (action === 'noOp') return undefined;
  return {
    position,
    action,
    options: parent.retryOptions,
    ids: parent.children.slice(0, position).map((child) => Number(child.id)),
  };
}
