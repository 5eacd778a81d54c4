import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Stamp } from '../time/stamp.ts';
import type { Faults } from '../faults/faults.ts';
import { disturbRequest, resetConnection } from '../faults/request-faults.ts';
import { shuffleList } from '../faults/shuffle.ts';
import { authenticate, type Authentication } from './authenticate.ts';
import { BatchError, notEmulated } from './errors.ts';
import { readJson } from './body.ts';
import type { Call, Reply } from './call.ts';
import type { RequestCounts } from './request-counts.ts';
import { respond, respondError, type Exchange } from './respond.ts';
import { matchRoute } from './routes.ts';

/** The one version that both official clients speak. */
export const apiVersion = '2022-10-01.16.0';

/** Answers one operation; what it changed must be durable when it returns. */
export type Handler = (call: Call) => Reply | Promise<Reply>;

/** What the server needs to know besides the handlers. */
export interface Wire {
  authentication: Authentication;
  /** Asked at each request: they change when the account is opened anew. */
  handlers: () => ReadonlyMap<string, Handler>;
  counts: RequestCounts;
  faults: Faults;
  /** Answers what is not for Batch; false when it is. */
  admin: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** The time that answers carry. */
  now: () => Stamp;
  /** Where unexpected errors are written. */
  log: (message: string) => void;
}

/** An HTTP server that authenticates, routes and answers; not listening yet. */
export function createWireServer(wire: Wire): Server {
  return createServer((request, response) => {
    void answer(wire, request, response);
  });
}

async function answer(
  wire: Wire,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (wire.admin(request, response)) return;
  const exchange = openExchange(request, response);
  try {
    const reply = await handle(wire, request, exchange);
    await respond(exchange, reply);
  } catch (error) {
    request.resume();
    respondError(exchange, asBatchError(wire, error), wire.now());
  }
}

function openExchange(request: IncomingMessage, response: ServerResponse): Exchange {
  const echo = request.headers['return-client-request-id'];
  const id = request.headers['client-request-id'];
  return {
    response,
    requestId: randomUUID(),
    clientRequestId:
      String(echo).toLowerCase() === 'true' && typeof id === 'string' ? id : undefined,
    baseUrl: `http://${request.headers.host ?? 'localhost'}`,
    head: request.method === 'HEAD',
  };
}

async function handle(wire: Wire, request: IncomingMessage, exchange: Exchange): Promise<Reply> {
  const { path, query } = splitUrl(request.url ?? '/');
  const method = request.method ?? 'GET';
  const { operation, params } = matchRoute(method, path);
  wire.counts.add(operation);
  authenticate({ method, path, query, headers: request.headers }, wire.authentication);
  const named = new Map(query.toReversed());
  requireVersion(named);
  const handler = wire.handlers().get(operation);
  if (handler === undefined) throw notEmulated(`The operation ${operation}`);
  const fault = await disturbRequest(wire.faults, operation, exchange.response);
  const body = method === 'GET' || method === 'HEAD' ? undefined : await readJson(request);
  const { baseUrl } = exchange;
  const reply = await handler({
    operation,
    params,
    query: named,
    headers: request.headers,
    body,
    baseUrl,
    url: baseUrl + path,
    addResults: fault.addResults,
  });
  if (fault.loseAnswer) resetConnection(exchange.response);
  return shuffleList(wire.faults, operation, reply);
}

function splitUrl(url: string): { path: string; query: [string, string][] } {
  const mark = url.indexOf('?');
  if (mark < 0) return { path: url, query: [] };
  return { path: url.slice(0, mark), query: [...new URLSearchParams(url.slice(mark + 1))] };
}

function requireVersion(query: ReadonlyMap<string, string>): void {
  const version = query.get('api-version');
  if (version === undefined) {
    throw new BatchError('MissingRequiredQueryParameter', {
      values: [{ key: 'QueryParameterName', value: 'api-version' }],
    });
  }
  if (version !== apiVersion) {
    throw new BatchError('UnsupportedRequestVersion', {
      values: [
        {
          key: 'Reason',
          value: `This emulator speaks ${apiVersion} only; the request asks for ${version}.`,
        },
      ],
    });
  }
}

function asBatchError(wire: Wire, error: unknown): BatchError {
  if (error instanceof BatchError) return error;
  wire.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return new BatchError('InternalError');
}
