import http from 'node:http';
import type { EventGridEvent } from './event.ts';
import type { Outcome } from './retry.ts';

// Event Grid waits this long for an answer (learn.microsoft.com/azure/event-grid/delivery-and-retry).
const ANSWER_TIMEOUT_MS = 30_000;

export interface Posted {
  outcome: Outcome;
  body: string;
}

export type Post = (
  endpoint: string,
  headers: http.OutgoingHttpHeaders,
  event: EventGridEvent,
) => Promise<Posted>;

/** Makes the function that posts one event, as an array of one, over kept-alive connections; it never rejects. */
export function createPost(): { post: Post; close(): void } {
  const agent = new http.Agent({ keepAlive: true });
  return {
    close: () => agent.destroy(),
    async post(endpoint, headers, event) {
      try {
        return await send(agent, endpoint, headers, JSON.stringify([event]));
      } catch (error) {
        return { outcome: { failure: reasonOf(error) }, body: '' };
      }
    },
  };
}

function send(
  agent: http.Agent,
  endpoint: string,
  headers: http.OutgoingHttpHeaders,
  body: string,
) {
  return new Promise<Posted>((resolve, reject) => {
    const request = http.request(endpoint, {
      agent,
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
        ...headers,
      },
    });
    const timer = setTimeout(() => request.destroy(new TimedOut()), ANSWER_TIMEOUT_MS);
    request.on('error', reject).on('close', () => clearTimeout(timer));
    request.on('response', (response) => {
      readText(response).then(
        (text) => resolve({ outcome: { status: response.statusCode ?? 0 }, body: text }),
        reject,
      );
    });
    request.end(body);
  });
}

class TimedOut extends Error {}

async function readText(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function reasonOf(error: unknown) {
  if (error instanceof TimedOut) return 'TimedOut';
  return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED' ? 'NotListening' : 'Broken';
}
