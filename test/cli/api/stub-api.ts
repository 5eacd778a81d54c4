import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Answer {
  status?: number;
  body: unknown;
}

/** What was asked. */
export interface Asked {
  headers: IncomingHttpHeaders;
  body: string;
}

/**
 * A server that gives fixed answers, for what the command line makes of them: `GET /runs` and so on, below /api. Of a
 * list of answers each is given once, and the last one from then on.
 */
export async function startStubApi(answers: Record<string, Answer | Answer[]>) {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    asked.push({ headers: request.headers, body: await text(request) });
    const path = request.url?.replace(/^\/api/, '') ?? '';
    const missing = {
      title: 'Not Found',
      detail: `There is nothing at ${path}.`,
      code: 'NotFound',
    };
    const given = answers[`${request.method} ${path}`] ?? { status: 404, body: missing };
    const next = Array.isArray(given) && given.length > 1 ? given.shift() : undefined;
    const answer = next ?? (Array.isArray(given) ? given[0]! : given);
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' });
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${port}/api`, asked, close };
}
