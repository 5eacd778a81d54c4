/** Severity of a log line, as `@azure/functions` names it. */
export type LogLevel =
  | 'trace'
  | 'debug'
  | 'information'
  | 'warning'
  | 'error'
  | 'critical'
  | 'none';

/** Who writes a log line: the app, the library, or a custom metric. */
export type LogCategory = 'user' | 'system' | 'customMetric';

/** One value on its way between host and app; the first member that is set wins. */
export interface TypedData {
  string?: string;
  json?: string;
  bytes?: Uint8Array;
  http?: unknown;
  int?: number;
  double?: number;
}

/** A trigger, input or output as the app registered it. */
export interface Binding {
  type: string;
  name: string;
  direction: string;
  [setting: string]: unknown;
}

/** What `@azure/functions` hands over for each `app.*()` call. */
export interface FunctionMetadata {
  name: string;
  bindings: Record<string, Binding>;
  retryOptions?: unknown;
}

export type FunctionCallback = (...args: unknown[]) => unknown;

/** The request side of one invocation. */
export interface InvocationRequest {
  invocationId: string;
  functionId: string;
  inputData: { name: string; data: TypedData }[];
  triggerMetadata: Record<string, TypedData>;
  traceContext: { traceParent: string; traceState: string; attributes: Record<string, string> };
  retryContext?: object;
}

/** What the app sees as `context`; only what the host itself touches is named. */
export interface InvocationContext {
  invocationId: string;
  functionName: string;
  df?: unknown;
}

/** The answer of one invocation. */
export interface InvocationResponse {
  returnValue?: TypedData | null;
  outputData?: { name: string; data: TypedData }[];
}

/** The host's end of one invocation, given to the programming model. */
export interface CoreInvocationContext {
  invocationId: string;
  request: InvocationRequest;
  metadata: FunctionMetadata;
  state?: 'preInvocationHooks' | 'invocation' | 'postInvocationHooks' | undefined;
  log(level: LogLevel, category: LogCategory, message: string): void;
}

/** The part of `@azure/functions` that converts arguments and results. */
export interface InvocationModel {
  getArguments(): Promise<{ context: InvocationContext; inputs: unknown[] }>;
  invokeFunction(
    context: InvocationContext,
    inputs: unknown[],
    callback: FunctionCallback,
  ): Promise<unknown>;
  getResponse(context: InvocationContext, result: unknown): Promise<InvocationResponse>;
}

/** What `@azure/functions` registers about itself. */
export interface ProgrammingModel {
  name: string;
  version: string;
  getInvocationModel(core: CoreInvocationContext): InvocationModel;
  getCapabilities?(defaults: Record<string, string>): Promise<Record<string, string>>;
}
