import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type {
  CoreInvocationContext,
  InvocationContext,
  InvocationRequest,
  InvocationResponse,
  LogCategory,
  LogLevel,
  ProgrammingModel,
  TypedData,
} from './core-types.ts';
import { HostError } from './errors.ts';
import type { Log } from './log.ts';
import type { RetryContext } from './messages.ts';
import type { RegisteredFunction, Registry } from './registry.ts';

/** One call of one function. */
export interface Invocation {
  function: RegisteredFunction;
  data: TypedData;
  triggerMetadata?: Record<string, TypedData>;
  /** Called before hooks and handler; may change the arguments and watch the context. */
  prepare?(context: InvocationContext, inputs: unknown[]): void;
  /** True when the caller does not need what the handler returned. */
  withoutResponse?: true;
  /** False drops what the handler logs at this moment (an orchestrator that replays). */
  wantsLog?(context: InvocationContext): boolean;
  /** The host's number of the call in which this is done. */
  callId?: number;
  /** A new one when absent. */
  invocationId?: string | undefined;
  retryContext?: RetryContext | undefined;
}

export type Invoke = (invocation: Invocation) => Promise<InvocationResponse>;

/** What an invocation needs of the host. */
export interface InvokeSettings {
  registry: Registry;
  log: Log;
  /** The value of the durable client input, as JSON. */
  durableClient: string;
}

/** An invocation, as seen from code that it has called. */
export interface RunningInvocation {
  functionName: string;
  callId: number | undefined;
  hasEnded: boolean;
  /** Ends it with an error, unless it has ended. */
  fail(error: unknown): void;
}

/** Whose code runs: also known to an error that escapes from it later. */
export const runningInvocation = new AsyncLocalStorage<RunningInvocation>();

/** Makes the function that calls the app's functions, in the steps of the Node worker. */
export function createInvoke(settings: InvokeSettings): Invoke {
  return (invocation) =>
    new Promise((resolve, reject) => {
      const running: RunningInvocation = {
        functionName: invocation.function.name,
        callId: invocation.callId,
        hasEnded: false,
        fail(error) {
          running.hasEnded = true;
          reject(error);
        },
      };
      // By the next turn the engine has told of rejections that nobody waits for.
      const ended = (response: InvocationResponse): void =>
        void setImmediate(() => {
          running.hasEnded = true;
          resolve(response);
        });
      runningInvocation.run(running, () => {
        runInvocation(settings, invocation).then(ended, running.fail);
      });
    });
}

async function runInvocation(
  settings: InvokeSettings,
  invocation: Invocation,
): Promise<InvocationResponse> {
  const { hooks } = settings.registry;
  const { core, shared } = coreContext(settings, invocation);
  const model = modelOf(settings.registry).getInvocationModel(core);
  const { context, inputs } = await model.getArguments();
  shared['invocationContext'] = context;
  invocation.prepare?.(context, inputs);

  core.state = 'preInvocationHooks';
  const functionCallback = settings.registry.callbackOf(invocation.function.name);
  const pre = { ...shared, inputs, functionCallback };
  if (hooks.has('preInvocation')) await hooks.run('preInvocation', pre);

  core.state = 'invocation';
  const post = {
    ...shared,
    inputs: pre.inputs,
    result: undefined as unknown,
    error: undefined as unknown,
  };
  try {
    post.result = await model.invokeFunction(context, pre.inputs, pre.functionCallback);
  } catch (error) {
    post.error = error ?? new Error('Unknown error');
  }

  core.state = 'postInvocationHooks';
  if (hooks.has('postInvocation')) await hooks.run('postInvocation', post);
  core.state = undefined;
  if (post.error !== undefined && post.error !== null) throw post.error;
  return invocation.withoutResponse ? {} : model.getResponse(context, post.result);
}

function modelOf(registry: Registry): ProgrammingModel {
  const model = registry.model();
  if (!model) throw new HostError('The app has registered no function with @azure/functions.');
  return model;
}

function coreContext(
  settings: InvokeSettings,
  invocation: Invocation,
): { core: CoreInvocationContext; shared: Record<string, unknown> } {
  const request = requestOf(settings, invocation);
  const { hooks } = settings.registry;
  const shared: Record<string, unknown> = { hookData: {}, appHookData: hooks.appHookData };
  const core: CoreInvocationContext = {
    invocationId: request.invocationId,
    request,
    metadata: invocation.function.metadata,
    state: undefined,
    log(level: LogLevel, category: LogCategory, message: string) {
      const context = shared['invocationContext'] as InvocationContext | undefined;
      if (context && invocation.wantsLog && !invocation.wantsLog(context)) return;
      const entry = { ...shared, level, message, category };
      if (hooks.has('log')) hooks.runLog(entry);
      const heard = category === 'user' ? entry : { level, message };
      settings.log(heard.level, invocation.function.name, heard.message);
    },
  };
  return { core, shared };
}

function requestOf(settings: InvokeSettings, invocation: Invocation): InvocationRequest {
  const { metadata, trigger } = invocation.function;
  const inputData = [{ name: trigger.name, data: invocation.data }];
  for (const binding of Object.values(metadata.bindings)) {
    if (binding.type !== 'durableClient' && binding.type !== 'orchestrationClient') continue;
    inputData.push({ name: binding.name, data: { string: settings.durableClient } });
  }
  return {
    invocationId: invocation.invocationId ?? randomUUID(),
    functionId: metadata.name,
    inputData,
    triggerMetadata: invocation.triggerMetadata ?? {},
    traceContext: { traceParent: '', traceState: '', attributes: {} },
    ...(invocation.retryContext && { retryContext: invocation.retryContext }),
  };
}
