import type { TypedData } from '../app/core-types.ts';
import { messageOf, stackOf } from '../app/errors.ts';
import type { TaskFailure } from './events.ts';
import type { FailureDetails } from './protocol.ts';

/** The JSON text that history keeps of what an activity returned. */
export function activityResult(returned: TypedData | null | undefined): string {
  if (returned?.json !== undefined) return returned.json;
  if (returned?.string !== undefined) return JSON.stringify(returned.string);
  if (returned?.bytes) return JSON.stringify(Buffer.from(returned.bytes).toString('base64'));
  return JSON.stringify(returned?.int ?? returned?.double ?? null);
}

/** How history tells of what an activity threw; texts as the Durable extension 3.14 writes them. */
export function activityFailure(name: string, thrown: unknown): TaskFailure {
  const message = messageOf(thrown);
  const failureDetails = typedFailure(message);
  if (failureDetails) {
    const reason = `Activity function '${name}' failed with an unhandled exception.`;
    return { reason, details: null, failureDetails };
  }
  // Two spaces: the extension puts one before every message it gets from a worker.
  const reason = `Activity function '${name}' failed:  ${message}`;
  return { reason, details: JSON.stringify(dotnetException(thrown)), failureDetails: null };
}

/** An app with an exception properties provider sends its error as JSON in the message. */
function typedFailure(message: string): FailureDetails | null {
  const parsed = parseObject(message);
  const { errorType, errorMessage } = parsed ?? {};
  if (!parsed || typeof errorType !== 'string' || typeof errorMessage !== 'string') return null;
  return {
    ErrorType: errorType,
    ErrorMessage: errorMessage,
    StackTrace: typeof parsed['stackTrace'] === 'string' ? parsed['stackTrace'] : null,
    InnerFailure: parsed['innerFailure'] ?? null,
    IsNonRetriable: parsed['isNonRetriable'] === true,
    Properties: parsed['properties'] ?? null,
  };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What .NET's serializer makes of the error; the stack traces of .NET itself are left out. */
function dotnetException(thrown: unknown): unknown {
  const message = messageOf(thrown);
  const stack = stackOf(thrown);
  return {
    $type: 'System.Exception, System.Private.CoreLib',
    ClassName: 'System.Exception',
    Message: ` ${message}`,
    Data: null,
    InnerException: {
      $type:
        'Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException, Microsoft.Azure.WebJobs.Script',
      IsUserException: false,
      RemoteStackTrace: stack,
      RemoteMessage: message,
      RemoteTypeName: null,
      Message: `Result: Failure\nException: ${message}\nStack: ${stack}`,
      Data: { $type: 'System.Collections.ListDictionaryInternal, System.Private.CoreLib' },
      InnerException: null,
      HelpLink: null,
      Source: 'System.Private.CoreLib',
      HResult: -2146233088,
      StackTrace: null,
    },
    HelpURL: null,
    StackTraceString: null,
    RemoteStackTraceString: null,
    RemoteStackIndex: 0,
    ExceptionMethod: null,
    HResult: -2146233088,
    Source: null,
    WatsonBuckets: null,
  };
}
