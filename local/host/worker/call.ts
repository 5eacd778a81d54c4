import { HostError } from '../app/errors.ts';
import type { BlockedBy, SentError, ToApp } from '../app/messages.ts';
import type { RegisteredFunction } from '../app/registry.ts';
import type { AppProcess } from './app-process.ts';
import { culprit, place } from './block-watch.ts';

/** An invocation or a replay that the app has not answered yet. */
export interface Call {
  id: number;
  function: RegisteredFunction;
  /** What to send; made anew when it is sent to another process. */
  message(): ToApp;
  /** Called when the process has lost what an earlier message built on. */
  startOver(): void;
  resolve(value: unknown): void;
  reject(error: unknown): void;
  /** The process that has it; undefined while it waits for one. */
  sentTo?: AppProcess | undefined;
  /** How many processes in a row ended by themselves while they had it. */
  deaths: number;
  cancelTimeout(): void;
}

/** So many processes may end while they have a call before it is held to be the cause. */
const deathsAllowed = 3;

/** How a process came to its end. */
export interface ProcessEnd {
  /** What comes after "The app's process". */
  reason: string;
  /** True when nobody knows which call is to blame. */
  isCrash: boolean;
}

/** The error with which a call fails whose process has ended; undefined when it is to be sent again. */
export function afterProcessEnd(call: Call, { reason, isCrash }: ProcessEnd): Error | undefined {
  const { name } = call.function;
  if (isCrash) call.deaths += 1;
  if (call.deaths >= deathsAllowed) {
    return new HostError(
      `The app's process ${reason} while Functions.${name} ran, ${call.deaths} times in a row.`,
    );
  }
  // Durable work happens at least once anyhow; of anything else half may have been done.
  if (isDurable(call)) return undefined;
  return new HostError(`The app's process ${reason} while Functions.${name} ran.`);
}

/** True for calls that are sent to the next process when theirs has ended. */
export function isDurable({ function: { type } }: Call): boolean {
  return type === 'activityTrigger' || type === 'orchestrationTrigger' || type === 'entityTrigger';
}

/** The error that the app's process has told of. */
export function receivedError({ message, stack }: SentError): Error {
  return Object.assign(new Error(message), { stack });
}

/** What a call fails with that takes longer than functionTimeout; the first sentence is the real host's. */
export function timeoutError(cause: {
  functionTimeout: number;
  name: string;
  blocked: BlockedBy | undefined;
}): Error {
  const text = new Date(cause.functionTimeout).toISOString().slice(11, 19);
  return new HostError(
    `Timeout value of ${text} was exceeded by function: Functions.${cause.name}. ` +
      (cause.blocked ? `It blocked the event loop${place(cause.blocked)}. ` : '') +
      'Make it return sooner, or raise functionTimeout in host.json.',
  );
}

/** What a call fails with that could not go on because another one blocks the event loop. */
export function heldUpError(name: string, blocked: BlockedBy): Error {
  return new HostError(
    `Functions.${name} was not done within functionTimeout, because ${culprit(blocked)} ` +
      `blocks the app's event loop${place(blocked)}.`,
  );
}
