import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Account } from '../account.ts';
import type { Controls } from '../controls.ts';
import { BatchError } from '../wire/errors.ts';
import { readJson } from '../wire/body.ts';
import { answerCounts, type RequestCounts } from '../wire/request-counts.ts';
import { adminRoutes } from './routes.ts';

/** What the admin endpoints work on. */
export interface Admin {
  controls: Controls;
  counts: RequestCounts;
  /** Undefined while the store has failed. */
  account: () => Account | undefined;
  /** Whether there is more than the counts. */
  enabled: boolean;
}

/** Answers requests below `/_emulator/`, without authentication; false when a request is for Batch. */
export function createAdmin(admin: Admin): (r: IncomingMessage, s: ServerResponse) => boolean {
  return (request, response) => {
    if (answerCounts(admin.counts, request, response)) return true;
    if (!admin.enabled || request.url?.startsWith('/_emulator/') !== true) return false;
    void answer(admin, request, response);
    return true;
  };
}

async function answer(
  admin: Admin,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const route = findRoute(request);
    const given = request.method === 'GET' ? undefined : await readBody(request);
    const answered = (await route(admin, given)) ?? {};
    response.writeHead(200, json).end(`${JSON.stringify(answered)}\n`);
  } catch (error) {
    request.resume();
    const { status, code, message, values } =
      error instanceof BatchError
        ? error
        : new BatchError('InternalError', { message: String(error) });
    response.writeHead(status, json).end(`${JSON.stringify({ code, message, values })}\n`);
  }
}

const json = { 'Content-Type': 'application/json' };

function findRoute(request: IncomingMessage): (typeof adminRoutes)[string][string] {
  const methods = adminRoutes[request.url ?? ''];
  if (methods === undefined) {
    const known = Object.keys(adminRoutes).join(', ');
    throw new BatchError('InvalidUri', {
      message: `There is no ${request.url}; there are ${known}.`,
    });
  }
  const route = methods[request.method ?? ''];
  if (route !== undefined) return route;
  throw new BatchError('UnsupportedHttpVerb', {
    message: `${request.url} has ${Object.keys(methods).join(' and ')} only.`,
  });
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  // Pages in a browser can send anything else to this machine without being asked whether they may.
  if (request.headers['content-type']?.startsWith('application/json') !== true) {
    throw new BatchError('InvalidHeaderValue', {
      message: 'The header Content-Type must be application/json.',
    });
  }
  return readJson(request);
}
