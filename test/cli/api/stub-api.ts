import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Answer {
  status?: number;
  body: unknown;
}

/** A server that gives fixed answers, for what the command line makes of them: `GET /runs` and so on, below /api. */
export async function startStubApi(answers: Record<string, Answer>) {
  const server = createServer((request, response) => {
    const path = request.url?.replace(/^\/api/, '') ?? '';
    const missing = {
      title: 'Not Found',
      detail: `There is nothing at ${path}.`,
      code: 'NotFound',
    };
    const answer = answers[`${request.method} ${path}`] ?? { status: 404, body: missing };
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
  return { url: `http://127.0.0.1:${port}/api`, close };
}
