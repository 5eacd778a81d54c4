import { HostError } from '../app/errors.ts';
import type { BlockedBy, FromApp, ToApp } from '../app/messages.ts';
import type { RegisteredFunction } from '../app/registry.ts';
import type { AppProcess } from './app-process.ts';
import {
  afterProcessEnd,
  heldUpError,
  isDurable,
  receivedError,
  timeoutError,
  type Call,
  type ProcessEnd,
} from './call.ts';

/** What is asked of the app. */
export interface Request {
  function: RegisteredFunction;
  message(id: number): ToApp;
  startOver?: () => void;
}

/** The calls that the app has not answered yet, whichever process has them. */
export interface Calls {
  /** Makes a call; it waits while there is no process. */
  make(request: Request): Promise<unknown>;
  receive(message: FromApp): void;
  /** Gives a process everything that waits, and what comes from now on. */
  attach(process: AppProcess): void;
  /** Lets calls wait from now on. */
  detach(): void;
  /** Fails what an ended process had, or keeps it for the next one. */
  processEnded(process: AppProcess, end: ProcessEnd): void;
  /** Fails calls until the next `attach`, except durable ones, which go on waiting. */
  refuse(reason: string): void;
  /** Resolves once a process has answered all that it has. */
  drained(process: AppProcess): Promise<void>;
}

export interface CallsOptions {
  /** Milliseconds; Infinity for never. */
  functionTimeout: number;
  /** What blocks the process that has the calls, once it is known whether something does. */
  blockedBy(process: AppProcess): Promise<BlockedBy | undefined>;
  /** Ends a process because of a function. */
  end(process: AppProcess, functionName: string): void;
}

/** Keeps the calls to an app. */
export function createCalls(options: CallsOptions): Calls {
  const state: State = { options, calls: new Map(), drains: new Set(), lastId: 0 };
  return {
    make: (request) => make(state, request),
    receive: (message) => receive(state, message),
    attach(process) {
      state.process = process;
      state.refusal = undefined;
      for (const call of state.calls.values()) if (!call.sentTo) give(state, call);
    },
    detach: () => void (state.process = undefined),
    processEnded: (process, end) => processEnded(state, process, end),
    refuse(reason) {
      state.refusal = reason;
      for (const call of state.calls.values()) give(state, call);
    },
    drained: (process) => drained(state, process),
  };
}

interface State {
  options: CallsOptions;
  calls: Map<number, Call>;
  /** Called whenever a call was settled. */
  drains: Set<() => void>;
  lastId: number;
  process?: AppProcess | undefined;
  /** Why calls are refused while there is no process; absent while one is about to start. */
  refusal?: string | undefined;
}

function make(state: State, request: Request): Promise<unknown> {
  const id = ++state.lastId;
  return new Promise<unknown>((resolve, reject) => {
    const settle = (how: () => void): void => {
      if (!state.calls.delete(id)) return;
      call.cancelTimeout();
      how();
      for (const drain of state.drains) drain();
    };
    const call: Call = {
      id,
      function: request.function,
      message: () => request.message(id),
      startOver: () => request.startOver?.(),
      resolve: (value) => settle(() => resolve(value)),
      reject: (error) => settle(() => reject(error)),
      cancelTimeout: () => undefined,
      deaths: 0,
    };
    state.calls.set(id, call);
    give(state, call);
  });
}

function give(state: State, call: Call): void {
  const { process, refusal } = state;
  call.sentTo = process;
  call.cancelTimeout();
  if (process) {
    call.cancelTimeout = onTimeout(state, call);
    process.send(call.message());
  } else if (refusal !== undefined && !isDurable(call)) {
    call.reject(new HostError(refusal));
  }
}

/** Counts from when a process was given the call: it may have waited for one to start. */
function onTimeout(state: State, call: Call): () => void {
  const { functionTimeout } = state.options;
  if (!Number.isFinite(functionTimeout)) return () => undefined;
  const timer = setTimeout(() => void judge(state, call), Math.min(functionTimeout, 2 ** 31 - 1));
  return () => clearTimeout(timer);
}

/** Finds out who is to blame for a call that was not answered in time, and ends the process for it. */
async function judge(state: State, call: Call): Promise<void> {
  const { functionTimeout, blockedBy, end } = state.options;
  const process = call.sentTo;
  if (!process) return;
  const blocked = await blockedBy(process);
  if (call.sentTo !== process || !state.calls.has(call.id)) return;
  const { name } = call.function;
  if (!blocked || blocked.callId === call.id || (!blocked.callId && !blocked.at)) {
    call.reject(timeoutError({ functionTimeout, name, blocked }));
    return end(process, name);
  }
  // Somebody else holds it up. Who still runs comes to its own end; else there is no one to wait for.
  if (!isDurable(call)) call.reject(heldUpError(name, blocked));
  else call.cancelTimeout = onTimeout(state, call);
  if (!state.calls.has(blocked.callId ?? 0)) end(process, blocked.functionName ?? name);
}

function receive(state: State, message: FromApp): void {
  const call = 'id' in message ? state.calls.get(message.id) : undefined;
  if (!call) return;
  if (message.kind === 'result') call.resolve(message.value);
  else if (message.kind === 'failure') call.reject(receivedError(message.error));
  else {
    call.startOver();
    give(state, call);
  }
}

function processEnded(state: State, process: AppProcess, end: ProcessEnd): void {
  if (state.process === process) state.process = undefined;
  for (const call of heldBy(state, process)) {
    const error = afterProcessEnd(call, end);
    call.sentTo = undefined;
    call.cancelTimeout();
    if (error) call.reject(error);
  }
}

function heldBy({ calls }: State, process: AppProcess): Call[] {
  return [...calls.values()].filter(({ sentTo }) => sentTo === process);
}

function drained(state: State, process: AppProcess): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (heldBy(state, process).length > 0) return;
      state.drains.delete(look);
      resolve();
    };
    state.drains.add(look);
    look();
  });
}
