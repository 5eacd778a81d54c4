import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EventGridEvent } from './event.ts';
import type { EventGrid } from './event-grid.ts';

/**
 * Serves Event Grid on loopback: `POST /api/events` publishes as on a custom topic (`@azure/eventgrid` can be pointed
 * at it); `GET /counts` and `GET /deadLetters` are ours, to look in.
 */
export async function startEventGridServer(eventGrid: EventGrid, port: number) {
  const server = http.createServer((request, response) => {
    answer(request, response, eventGrid).catch((error: unknown) => {
      sendError(response, 500, 'InternalError', String(error));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const TOPIC =
  '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.EventGrid/topics/local';

async function answer(request: IncomingMessage, response: ServerResponse, eventGrid: EventGrid) {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const asked = `${request.method} ${pathname}`;
  if (asked === 'GET /counts') return send(response, 200, eventGrid.counts());
  if (asked === 'GET /deadLetters') return send(response, 200, eventGrid.deadLetters());
  if (asked !== 'POST /api/events') {
    return sendError(response, 501, 'NotImplemented', `${asked} is not built`);
  }
  const events = readEvents(await readText(request));
  if (!events) return sendError(response, 400, 'BadRequest', EXPECTED);
  for (const event of events) eventGrid.publish(event);
  send(response, 200, '');
}

const REQUIRED = ['id', 'subject', 'eventType', 'eventTime', 'dataVersion'] as const;
const EXPECTED = `The body must be an array of events, each with ${REQUIRED.join(', ')} and data`;

function readEvents(text: string): EventGridEvent[] | undefined {
  try {
    const events = JSON.parse(text) as unknown;
    return Array.isArray(events) && events.every(isEvent) ? events.map(complete) : undefined;
  } catch {
    return undefined;
  }
}

function isEvent(event: unknown): event is EventGridEvent {
  if (typeof event !== 'object' || event === null || !('data' in event)) return false;
  return REQUIRED.every((field) => typeof (event as Record<string, unknown>)[field] === 'string');
}

function complete(event: EventGridEvent): EventGridEvent {
  return { ...event, topic: event.topic ?? TOPIC, metadataVersion: event.metadataVersion ?? '1' };
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function sendError(response: ServerResponse, status: number, code: string, message: string) {
  send(response, status, { error: { code, message } });
}

function send(response: ServerResponse, status: number, body: unknown) {
  const text = body === '' ? '' : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json' }).end(text);
}
