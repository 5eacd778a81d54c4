import { randomUUID } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { TypedData } from '../app/core-types.ts';
import { HostError } from '../app/errors.ts';
import type { Invoke } from '../app/invoke.ts';
import type { RegisteredFunction } from '../app/registry.ts';
import type { Exchange } from './exchange.ts';

/** A function that is called, the values of its route, and where the app takes streamed requests. */
export interface StreamCall {
  function: RegisteredFunction;
  params: Record<string, string>;
  query: Record<string, string>;
  headers: Record<string, string>;
  streamUrl: string;
}

/**
 * Serves a request of an app that has called `app.setup({ enableHttpStream: true })`: the request itself
 * goes to a server of `@azure/functions` in the app's process, and the invocation beside it; the same id
 * brings them together there.
 */
export async function serveStream(
  exchange: Exchange,
  call: StreamCall,
  invoke: Invoke,
): Promise<void> {
  const invocationId = randomUUID();
  const abort = new AbortController();
  const forwarded = forward(exchange, { ...call, invocationId, signal: abort.signal });
  const invoked = invoke({
    function: call.function,
    data: { string: '' },
    triggerMetadata: metadataOf(call),
    invocationId,
  });
  // A handler that throws never answers the forwarded request.
  invoked.catch(() => abort.abort());
  const [invocation, forwarding] = await Promise.allSettled([invoked, forwarded]);
  if (invocation.status === 'rejected') throw invocation.reason;
  if (forwarding.status === 'rejected' && !exchange.request.destroyed) throw forwarding.reason;
}

interface Forward extends StreamCall {
  invocationId: string;
  signal: AbortSignal;
}

async function forward({ request, response }: Exchange, call: Forward): Promise<void> {
  const upstream = httpRequest(new URL(request.url ?? '/', call.streamUrl), {
    method: request.method,
    headers: { ...forwardedHeaders(request), 'x-ms-invocation-id': call.invocationId },
    signal: call.signal,
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    upstream.once('response', resolve).once('error', reject);
  });
  // A handler may answer without having read all of the body.
  pipeline(request, upstream).catch(() => undefined);
  const answer = await answered;
  response.writeHead(answer.statusCode ?? 200, endToEnd(answer.headers));
  // Sent now: the first bytes of the body may be long in coming.
  response.flushHeaders();
  await pipeline(answer, response);
  if (!answer.complete) throw new HostError('The app broke off its answer.');
}

/** Of one connection only, and not for the next one. */
const hopHeaders = new Set(['connection', 'keep-alive', 'expect', 'host']);

function forwardedHeaders({ headers }: IncomingMessage): IncomingHttpHeaders {
  const host = headers.host ?? 'localhost';
  return { ...endToEnd(headers), 'x-forwarded-host': host, 'x-forwarded-proto': 'http' };
}

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopHeaders.has(name)));
}

function metadataOf({ params, query, headers }: StreamCall): Record<string, TypedData> {
  const values = Object.entries(params).map(([name, value]) => [name, { string: value }]);
  return {
    ...Object.fromEntries(values),
    Headers: { json: JSON.stringify(headers) },
    Query: { json: JSON.stringify(query) },
  };
}
