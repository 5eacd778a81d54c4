import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HostError, messageOf } from '../app/errors.ts';
import type { Log } from '../app/log.ts';
import { HttpRefusal, openExchange, sendText, type Exchange } from './exchange.ts';

/** Serves one exchange; false means that it is not the handler's to serve. */
export type Handler = (exchange: Exchange) => boolean | Promise<boolean>;

/** A server that listens; its handlers may be set later, and until then it answers 503. */
export interface HttpServer {
  port: number;
  serve(handlers: Handler[]): void;
  close(): Promise<void>;
}

/** Listens on 127.0.0.1; `port` 0 takes a free one. */
export async function listen(port: number, log: Log): Promise<HttpServer> {
  let handlers: Handler[] | undefined;
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    void answer(handlers, request, response).catch((error: unknown) => fail(response, error, log));
  });
  await listening(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    serve: (given) => void (handlers = given),
    close: () => closed(server),
  };
}

async function answer(
  handlers: Handler[] | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!handlers) return sendText(response, 503, 'The Functions host is starting.');
  const exchange = openExchange(request, response);
  for (const handler of handlers) {
    if (await handler(exchange)) return;
  }
  response.writeHead(404, { 'content-length': 0 }).end();
}

function fail(response: ServerResponse, error: unknown, log: Log): void {
  const status = error instanceof HttpRefusal ? error.status : 500;
  if (status === 500) log('error', 'host', `A request failed: ${messageOf(error)}`);
  if (response.headersSent) response.destroy();
  else sendText(response.setHeader('connection', 'close'), status, messageOf(error));
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'EADDRINUSE' ? 'another process uses it' : cause.message;
      const advice = 'Pass another --port; 0 takes a free one.';
      reject(new HostError(`Cannot listen on 127.0.0.1:${port}: ${reason}. ${advice}`));
    });
    server.listen(port, '127.0.0.1', () => resolve());
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 1_000).unref();
  });
}
