import type { IncomingMessage, ServerResponse } from 'node:http';

/** One HTTP request on its way through the host. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  /** The path's segments, percent-decoded, without empty ends. */
  path: string[];
}

/** The largest request body taken, in bytes: the Functions host's own limit. */
export const bodyLimit = 104_857_600;

/** A request that cannot be served, with the status to answer. */
export class HttpRefusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Splits a request's target; throws a 400 refusal for a target that is none. */
export function openExchange(request: IncomingMessage, response: ServerResponse): Exchange {
  try {
    const url = new URL(`http://${request.headers.host ?? 'localhost'}${request.url ?? '/'}`);
    const path = url.pathname.split('/').slice(1).map(decodeSegment);
    if (path.at(-1) === '') path.pop();
    return { request, response, url, path };
  } catch {
    throw new HttpRefusal(400, `Cannot read the request target "${request.url}".`);
  }
}

// As ASP.NET does, an encoded slash stays encoded: it is part of a value, not a separator.
function decodeSegment(segment: string): string {
  return segment.split(/%2f/i).map(decodeURIComponent).join('%2F');
}

/** Reads a whole request body; throws a 413 refusal past the limit. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit) throw new HttpRefusal(413, `The body is larger than ${bodyLimit} bytes.`);
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}

/** Answers with no body. */
export function sendEmpty(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-length': 0 }).end();
}

/** Answers with text. */
export function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}

/** Answers with JSON. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      ...headers,
      'content-length': Buffer.byteLength(text),
    })
    .end(text);
}
