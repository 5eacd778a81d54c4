import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { etagOf, httpTime, isoTime, type Stamp } from '../time/stamp.ts';
import type { BatchError } from './errors.ts';
import type { FileBytes, Reply } from './call.ts';

/** What every answer to one request repeats. */
export interface Exchange {
  response: ServerResponse;
  requestId: string;
  /** Echoed when the client asked for it. */
  clientRequestId: string | undefined;
  baseUrl: string;
  head: boolean;
}

/** Answers with what a handler returned; resolves when a file is sent, or its reader is gone. */
export async function respond(exchange: Exchange, reply: Reply): Promise<void> {
  const headers: Record<string, string> = { ...commonHeaders(exchange), ...reply.headers };
  if (reply.changed !== undefined) {
    headers.ETag = etagOf(reply.changed);
    headers['Last-Modified'] = httpTime(reply.changed);
  }
  if (reply.dataServiceId !== undefined) headers.DataServiceId = reply.dataServiceId;
  if (reply.location !== undefined) headers.Location = reply.location;
  if (reply.body !== undefined) headers['Content-Type'] = jsonType;
  exchange.response.writeHead(reply.status, headers);
  if (reply.content === undefined) exchange.response.end(exchange.head ? undefined : bytes(reply));
  else await send(exchange.response, reply.content);
}

/** A long text is written twice as fast as bytes. */
function bytes({ body }: Reply): Buffer | undefined {
  return body === undefined ? undefined : Buffer.from(body);
}

/** Sends exactly the bytes that were promised, though the file may grow meanwhile. */
async function send(response: ServerResponse, content: FileBytes): Promise<void> {
  const { handle, start, length } = content;
  if (length === 0) {
    response.end();
    await handle.close();
    return;
  }
  try {
    await pipeline(handle.createReadStream({ start, end: start + length - 1 }), response);
  } catch {
    // The reader went away, or the file became shorter: it must not look complete.
    response.destroy();
  }
}

/** Answers with a Batch error body; its first line is also the reason phrase, as the service does. */
export function respondError(exchange: Exchange, error: BatchError, now: Stamp): void {
  const headers = commonHeaders(exchange);
  const body = JSON.stringify({
    'odata.metadata': `${exchange.baseUrl}/$metadata#Microsoft.Azure.Batch.Protocol.Entities.Container.errors/@Element`,
    code: error.code,
    message: {
      lang: 'en-US',
      value: `${error.message}\nRequestId:${exchange.requestId}\nTime:${isoTime(now)}`,
    },
    ...(error.values.length > 0 && { values: error.values }),
  });
  headers['Content-Type'] = jsonType;
  headers['Content-Length'] = String(Buffer.byteLength(body));
  exchange.response.writeHead(error.status, reason(error.message), headers);
  exchange.response.end(exchange.head ? undefined : body);
}

const jsonType = 'application/json;odata=minimalmetadata';

function commonHeaders(exchange: Exchange): Record<string, string> {
  return {
    DataServiceVersion: '3.0',
    'request-id': exchange.requestId,
    Server: 'Microsoft-HTTPAPI/2.0',
    'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
    'X-Content-Type-Options': 'nosniff',
    ...(exchange.clientRequestId !== undefined && {
      'client-request-id': exchange.clientRequestId,
    }),
  };
}

function reason(message: string): string {
  // A reason phrase may only hold visible ASCII.
  return message.split('\n', 1)[0]?.replace(/[^\x20-\x7e]/g, '?') ?? '';
}
