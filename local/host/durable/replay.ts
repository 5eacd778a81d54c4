import { messageOf } from '../app/errors.ts';
import type { InvocationContext } from '../app/core-types.ts';
import type { Invoke } from '../app/invoke.ts';
import type { RegisteredFunction } from '../app/registry.ts';
import type { PlayedEvent } from './execution.ts';
import { orchestrationInput } from './orchestration-input.ts';
import { ActionType, EventType, type FailureDetails } from './protocol.ts';
import { azureTasks, type Reuse } from './reuse.ts';
import {
  isReplayed,
  watchExecutor,
  type Executor,
  type SdkAction,
  type SdkTask,
  type Sighting,
} from './sdk.ts';

/** What one replay needs. */
export interface ReplayRequest {
  function: RegisteredFunction;
  instanceId: string;
  parentInstanceId: string | null;
  /** A JSON text. */
  input: string;
  events: PlayedEvent[];
  /** False in the first episode of an execution. */
  isReplaying: boolean;
}

/** What an orchestrator has done after its history was played to it. */
export interface Replay {
  /** Every task it has started, by sequence number. */
  tasks: Map<number, SdkTask>;
  reuse: Reuse;
  /** True once it has returned, thrown or asked to continue as new. */
  ended: boolean;
  /** JSON texts. */
  output: string;
  customStatus: string | null;
  /** The action's input, when it asked to continue as new. */
  continueAsNew?: { input: unknown };
  failure?: {
    message: string;
    failureDetails: FailureDetails | undefined;
    /** True where the SDK tells Azure of no error: the thrown value has no message. */
    hangsInAzure: boolean;
  };
  /** Names of events it waits for. */
  waitsFor: string[];
  /** Names of raised events that nothing has taken. */
  unconsumed: string[];
  /** Every action it has asked for, in order; compound ones hold their parts. */
  actions: SdkAction[];
}

/** Plays a history to the app's orchestrator through the real SDK. */
export async function replay(invoke: Invoke, request: ReplayRequest): Promise<Replay> {
  const sighting: Sighting = { tasks: new Map(), taken: 0 };
  let context: InvocationContext | undefined;
  let thrown: unknown;
  try {
    await invoke({
      function: request.function,
      data: { json: '{}' },
      withoutResponse: true,
      prepare(given, inputs) {
        context = given;
        inputs[0] = orchestrationInput({ ...request, input: JSON.parse(request.input) });
        watchExecutor(given, sighting);
      },
      wantsLog: (given) => !isReplayed(given),
    });
  } catch (error) {
    thrown = error;
  }
  const { executor, tasks, taken } = sighting;
  if (!executor) throw thrown ?? notDurable(request.function.name);
  return toReplay(executor, { tasks, context, thrown, untaken: request.events.slice(taken) });
}

function notDurable(name: string): Error {
  return new Error(
    `Orchestrator function '${name}' did not run through durable-functions 3.x: ` +
      'the local host knows no other version.',
  );
}

interface Seen {
  tasks: Map<number, SdkTask>;
  context: InvocationContext | undefined;
  thrown: unknown;
  untaken: PlayedEvent[];
}

function toReplay(executor: Executor, { tasks, context, thrown, untaken }: Seen): Replay {
  const status = (context?.df as { customStatus?: unknown } | undefined)?.customStatus;
  const next = executor.actions.find((action) => action.actionType === ActionType.ContinueAsNew);
  const failure = failureOf(executor, thrown);
  return {
    ...azureTasks(executor.actions, tasks),
    ended: executor.orchestratorReturned || executor.willContinueAsNew || failure !== undefined,
    output: toJson(executor.output),
    // The SDK leaves a falsy status out, and what is left out clears it.
    customStatus: status ? toJson(status) : null,
    ...(next && { continueAsNew: { input: next.input } }),
    ...(failure && { failure }),
    waitsFor: Object.keys(executor.openEvents),
    unconsumed: [
      ...Object.keys(executor.deferredTasks).filter((key) => !/^\d+$/.test(key)),
      ...untaken.flatMap(({ EventType: type, Name }) =>
        type === EventType.EventRaised ? [String(Name)] : [],
      ),
    ],
    actions: executor.actions,
  };
}

function failureOf(executor: Executor, thrown: unknown): Replay['failure'] {
  if (thrown === undefined) return undefined;
  const cause = executor.exception === undefined ? thrown : executor.exception;
  const details = (cause as { failureDetails?: SdkFailureDetails } | null)?.failureDetails;
  return {
    message: messageOf(cause),
    failureDetails: details && toFailureDetails(details),
    hangsInAzure: !(cause as { message?: unknown } | null)?.message,
  };
}

interface SdkFailureDetails {
  errorType: string;
  errorMessage: string;
  stackTrace?: string;
  isNonRetriable?: boolean;
  properties?: unknown;
}

function toFailureDetails(details: SdkFailureDetails): FailureDetails {
  return {
    ErrorType: details.errorType,
    ErrorMessage: details.errorMessage,
    StackTrace: details.stackTrace ?? null,
    InnerFailure: null,
    IsNonRetriable: details.isNonRetriable ?? false,
    Properties: details.properties ?? null,
  };
}

function toJson(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}
