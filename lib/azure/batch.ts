import { BatchServiceClient, BatchSharedKeyCredentials } from '@azure/batch';
import type { TokenCredential } from '@azure/identity';
import { httpClient } from './batch-http.ts';
import { identity } from './credentials.ts';
import { createLimiter } from './limiter.ts';
import { type Fault, retryAfterSeconds, socketCode, withRetry } from './retry.ts';
import { getSettings } from './settings.ts';

/** What tokens for the Batch data plane are asked for; left alone, the client asks for the management plane's. */
const SCOPE = 'https://batch.core.windows.net/.default';

type Credentials = ConstructorParameters<typeof BatchServiceClient>[0];

let client: Promise<BatchServiceClient> | undefined;

/** The Batch account's client; its own retries are off (they never retry 429 and wait minutes on 503), ours do. */
export function batch(): Promise<BatchServiceClient> {
  client ??= connect();
  return client;
}

async function connect(): Promise<BatchServiceClient> {
  const { batchUrl, batchAccount, batchKey } = getSettings();
  const credential = batchKey
    ? new BatchSharedKeyCredentials(batchAccount, batchKey)
    : forBatch(await identity());
  return new BatchServiceClient(credential, batchUrl, { noRetryPolicy: true, httpClient });
}

/** Signs requests with a token for the right audience; the identity caches tokens itself. */
function forBatch(credential: TokenCredential): Credentials {
  return {
    async signRequest(request) {
      const token = await credential.getToken(SCOPE);
      request.headers.set('authorization', `Bearer ${token?.token ?? ''}`);
      return request;
    },
  };
}

/** Calls to Batch at once, of this process. */
const SERVICE = { read: batchFault, limiter: createLimiter(16) };

/** One call to Azure Batch under the retry policy; `what` begins the message of its error. */
export async function batchCall<T>(
  what: string,
  call: (client: BatchServiceClient) => Promise<T>,
): Promise<T> {
  const connected = await batch();
  return withRetry(() => call(connected), SERVICE, what);
}

/** Azure Batch's own error code; undefined for anything else. */
export function batchCode(error: unknown): string | undefined {
  const origin = (error as { cause?: unknown }).cause ?? error;
  return batchFault(origin)?.code;
}

interface BatchError {
  statusCode?: number;
  code?: string;
  /** Batch answers with an object here, and the client passes it on. */
  message?: string | { value?: string };
  body?: { code?: string; message?: { value?: string } };
  response?: { headers?: { get(name: string): string | undefined } };
}

function batchFault(error: unknown): Fault | null {
  const { statusCode, code, body, message, response } = error as BatchError;
  const service = 'Batch' as const;
  const text =
    body?.message?.value ?? (typeof message === 'object' ? message.value : message) ?? '';
  if (statusCode !== undefined) {
    return {
      service,
      status: statusCode,
      code: body?.code ?? code,
      message: text.split('\n')[0] ?? '',
      retryAfterSeconds: retryAfterSeconds(response?.headers?.get('retry-after'), Date.now()),
    };
  }
  const socket = socketCode(error);
  if (!socket) return null;
  return { service, status: undefined, code: socket, message: text, retryAfterSeconds: undefined };
}
