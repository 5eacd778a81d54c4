import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerFaults, readDescription, type Answer } from '../../conformance/batch-description.ts';

const description = readDescription();
const faults = new Map<number, string[]>();
let listening = false;

/** From now on every answer of emulators in this process is held against the service's description, if that is on this machine. */
export function watchAnswers(): void {
  if (listening || description === undefined) return;
  listening = true;
  subscribe('http.server.request.start', (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    record(request, response);
  });
}

/** What was wrong with the answers of the emulator at a URL; asked once. */
export function takeFaults(url: string): string[] {
  const port = Number(new URL(url).port);
  const found = faults.get(port) ?? [];
  faults.delete(port);
  return found;
}

function record(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  const { localPort } = request.socket;
  keep(response, chunks);
  response.once('finish', () => {
    const url = request.url ?? '';
    if (
      localPort === undefined ||
      url.startsWith('/_emulator') ||
      url.startsWith('/subscriptions')
    ) {
      return;
    }
    const answer = answerOf(request, response, Buffer.concat(chunks).toString('utf8'));
    // Other servers of this process, such as storage, have no DataServiceVersion.
    if (answer.headers['dataserviceversion'] === undefined || description === undefined) return;
    faults.set(localPort, [...(faults.get(localPort) ?? []), ...answerFaults(description, answer)]);
  });
}

function keep(response: ServerResponse, chunks: Buffer[]): void {
  const { write, end } = response;
  response.write = function (this: ServerResponse, ...args: unknown[]) {
    take(chunks, args[0]);
    return Reflect.apply(write, this, args) as boolean;
  };
  response.end = function (this: ServerResponse, ...args: unknown[]) {
    take(chunks, args[0]);
    return Reflect.apply(end, this, args) as ServerResponse;
  };
}

function take(chunks: Buffer[], chunk: unknown): void {
  if (typeof chunk === 'string') chunks.push(Buffer.from(chunk));
  else if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
}

function answerOf(request: IncomingMessage, response: ServerResponse, body: string): Answer {
  return {
    method: request.method ?? 'GET',
    url: request.url ?? '',
    status: response.statusCode,
    headers: responseHeaders(response),
    body,
  };
}

/** Headers given to writeHead are not in getHeaders, so they are read from what goes over the wire. */
function responseHeaders(response: ServerResponse): Record<string, unknown> {
  const sent = String(Reflect.get(response, '_header') ?? '');
  const lines = sent.split('\r\n').slice(1);
  return Object.fromEntries(
    lines.flatMap((line) => {
      const mark = line.indexOf(': ');
      return mark < 0 ? [] : [[line.slice(0, mark).toLowerCase(), line.slice(mark + 2)]];
    }),
  );
}
