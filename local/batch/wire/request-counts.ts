import type { IncomingMessage, ServerResponse } from 'node:http';

/** How often each operation was asked for since the start or the last reset, refused requests included. */
export interface RequestCounts {
  add(operation: string): void;
  read(): Record<string, number>;
  reset(): void;
}

/** Where counts are read (GET) and reset (DELETE), without authentication. */
export const countsPath = '/_emulator/requests';

/** Counts that live in memory only. */
export function createRequestCounts(): RequestCounts {
  const counts = new Map<string, number>();
  return {
    add: (operation) => void counts.set(operation, (counts.get(operation) ?? 0) + 1),
    read: () => Object.fromEntries(counts),
    reset: () => counts.clear(),
  };
}

/** Answers a request for the counts; false when the request is for something else. */
export function answerCounts(
  counts: RequestCounts,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  if (request.url !== countsPath) return false;
  request.resume();
  if (request.method === 'DELETE') {
    counts.reset();
    response.writeHead(204).end();
  } else {
    response
      .writeHead(200, { 'Content-Type': 'application/json' })
      .end(JSON.stringify({ operations: counts.read() }));
  }
  return true;
}
