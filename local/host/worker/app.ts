import type { InvocationResponse } from '../app/core-types.ts';
import type { Invoke } from '../app/invoke.ts';
import type { ToApp } from '../app/messages.ts';
import type { ReplayDelta } from '../app/replay-delta.ts';
import type { Replay, ReplayRequest } from '../durable/replay.ts';
import { watchBlocks } from './block-watch.ts';
import { createCalls, type Calls } from './calls.ts';
import { createProcesses, type ProcessesOptions } from './processes.ts';
import { createReplayLink } from './replay-link.ts';

export interface AppOptions extends Omit<ProcessesOptions, 'receive' | 'calls'> {
  /** After this many milliseconds a call fails and the process is ended; Infinity for never. */
  functionTimeout: number;
}

/** An app in a process of its own, which is started again whenever it ends. */
export interface App {
  /** Loads the app; throws a HostError when that fails. Calls made before wait. */
  start(): Promise<void>;
  invoke: Invoke;
  replay(request: ReplayRequest): Promise<Replay>;
  /** Where to send HTTP requests whose bodies are streamed, when the app asks for that. */
  streamUrl(): string | undefined;
  /** Loads the app anew. What runs gets a moment to end; durable work goes on in the new process. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** Makes an app that is not loaded yet. */
export function createApp(options: AppOptions): App {
  const blocks = watchBlocks(options.log);
  const calls = createCalls({
    functionTimeout: options.functionTimeout,
    blockedBy: blocks.ask,
    end(process, name) {
      processes.kill(process, `was ended because Functions.${name} exceeded functionTimeout`);
    },
  });
  const processes = createProcesses({
    ...options,
    calls,
    receive(message) {
      blocks.receive(message);
      calls.receive(message);
    },
  });
  return {
    ...callers(calls),
    start: processes.start,
    streamUrl: () => processes.current()?.streamUrl,
    reload: processes.reload,
    close: processes.close,
  };
}

function callers(calls: Calls): Pick<App, 'invoke' | 'replay'> {
  const link = createReplayLink();
  return {
    async invoke(invocation) {
      const { data, triggerMetadata = {}, invocationId, retryContext } = invocation;
      const { name } = invocation.function;
      const message = (id: number): ToApp => ({
        kind: 'invoke',
        id,
        name,
        data,
        triggerMetadata,
        invocationId,
        retryContext,
      });
      return (await calls.make({ function: invocation.function, message })) as InvocationResponse;
    },
    async replay({ function: orchestrator, events, ...request }) {
      const { name } = orchestrator;
      const message = (id: number): ToApp => ({
        kind: 'replay',
        id,
        name,
        request,
        ...link.next(events),
      });
      const startOver = (): void => link.forget(events);
      const delta = await calls.make({ function: orchestrator, message, startOver });
      return link.merge(events, delta as ReplayDelta);
    },
  };
}
