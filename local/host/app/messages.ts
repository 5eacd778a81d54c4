import type { ReplayRequest } from '../durable/replay.ts';
import type { LogLevels } from '../log-levels.ts';
import type { InvocationResponse, TypedData } from './core-types.ts';
import type { RegisteredFunction } from './registry.ts';

// What host and app process say to each other. Either side sends lists of these: sending one by one
// would cost more than the messages themselves.

/** From the host to the app's process. */
export type ToApp =
  | { kind: 'load'; settings: AppSettings }
  | InvokeMessage
  | ReplayMessage
  /** Asks for a `pong`, which shows that the event loop turns. */
  | { kind: 'ping' }
  /** Asks the process to run the app's appTerminate hooks and to end. */
  | { kind: 'end' };

/** What an app's process is told first. */
export interface AppSettings {
  directory: string;
  /** A glob of files to load in place of package.json's `main`. */
  functions: string | undefined;
  logLevels: LogLevels;
  /** The value of the durable client input, as JSON. */
  durableClient: string;
}

export interface InvokeMessage {
  kind: 'invoke';
  id: number;
  name: string;
  data: TypedData;
  triggerMetadata: Record<string, TypedData>;
  invocationId?: string | undefined;
  retryContext?: RetryContext | undefined;
}

/** What a function with a retry policy learns of its earlier tries. */
export interface RetryContext {
  retryCount: number;
  maxRetryCount: number;
  exception?: { source: string; stackTrace: string; message: string };
}

export interface ReplayMessage {
  kind: 'replay';
  id: number;
  name: string;
  request: Omit<ReplayRequest, 'function' | 'events'>;
  events: EventsPart;
  /** The number of the last answer that the host has merged; 0 for none. */
  known: number;
}

/** The end of a history whose first `from` events the app's process has seen before. */
export interface EventsPart {
  /** One for each history that is held in memory. */
  key: number;
  from: number;
  events: ReplayRequest['events'];
}

/** From the app's process to the host. */
export type FromApp =
  | { kind: 'loaded'; functions: RegisteredFunction[]; streamUrl: string | undefined }
  /** The app could not be loaded; `text` is for people. */
  | { kind: 'refused'; text: string }
  | { kind: 'result'; id: number; value: InvocationResponse | unknown }
  | { kind: 'failure'; id: number; error: SentError }
  /** The process no longer has the beginning of a history: send all of it. */
  | { kind: 'unknownHistory'; id: number }
  | { kind: 'pong' }
  /** What blocks the event loop; null when it turns again. Comes on a channel of its own. */
  | { kind: 'blocked'; by: BlockedBy | null };

/** What is left of an error on its way from one process to another. */
export interface SentError {
  message: string;
  stack: string;
}

/** What is known of code that blocks the event loop. */
export interface BlockedBy {
  /** The call in whose code it is, if it is in that of one. */
  callId?: number | undefined;
  functionName?: string | undefined;
  /** Function, file and line; absent in native code. */
  at?: string | undefined;
}
