import { hostVersion } from '../app/core-module.ts';
import type { RegisteredFunction } from '../app/registry.ts';
import { readBody, sendEmpty, sendJson, sendText, type Exchange } from './exchange.ts';
import type { Keys } from './keys.ts';
import type { Handler } from './server.ts';
import { methodsOf, routeOf } from './trigger.ts';

/** One function of the app, as the ready line and `/admin/functions` list it. */
export interface FunctionSummary {
  name: string;
  type: string;
  route?: string;
  methods?: string[];
  schedule?: string;
  /** When a timer runs next, as an ISO time. */
  next?: string;
}

/** Lists what an app has registered. */
export function summarize(functions: RegisteredFunction[], prefix: string): FunctionSummary[] {
  return functions.map((entry) => ({
    name: entry.name,
    type: entry.type,
    ...(entry.type === 'httpTrigger' && {
      route: `/${prefix}/${routeOf(entry)}`.replace(/\/{2,}/g, '/'),
      methods: methodsOf(entry),
    }),
    ...(entry.type === 'timerTrigger' && { schedule: String(entry.trigger['schedule']) }),
  }));
}

/** What the admin endpoints serve. */
export interface AdminApi {
  functions: FunctionSummary[];
  /** Runs a function that no request can reach by itself; `input` is what the caller sent for it. */
  run(name: string, input: unknown): void;
  /** Absent when keys are not asked for. */
  keys: Keys | undefined;
}

/**
 * Serves `GET /admin/host/status`, `GET /admin/functions[/{name}]`, and `POST /admin/functions/{name}`,
 * which runs a timer or Event Grid function now.
 */
export function adminEndpoints(api: AdminApi): Handler {
  return async (exchange) => {
    const [admin, ...path] = exchange.path;
    if (admin?.toLowerCase() !== 'admin') return false;
    if (api.keys?.isMaster(exchange) === false) sendEmpty(exchange.response, 401);
    else await serve(api, exchange, path);
    return true;
  };
}

async function serve(api: AdminApi, exchange: Exchange, path: string[]): Promise<void> {
  const { request, response } = exchange;
  const [collection, name, ...rest] = path;
  const { functions } = api;
  const found = functions.find((entry) => entry.name.toLowerCase() === name?.toLowerCase());
  if (collection === 'host' && name === 'status' && request.method === 'GET') {
    return sendJson(response, 200, status());
  }
  if (collection !== 'functions' || rest.length > 0) return sendEmpty(response, 404);
  if (request.method === 'GET' && !name) return sendJson(response, 200, functions.toSorted(byName));
  if (!found) return sendEmpty(response, 404);
  if (request.method === 'GET') return sendJson(response, 200, found);
  if (request.method !== 'POST') return sendEmpty(response, 405);
  await runNow(api, exchange, found);
}

function byName(a: FunctionSummary, b: FunctionSummary): number {
  return a.name.localeCompare(b.name);
}

async function runNow(api: AdminApi, exchange: Exchange, found: FunctionSummary): Promise<void> {
  const { request, response } = exchange;
  if (found.type !== 'timerTrigger' && found.type !== 'eventGridTrigger') {
    const text = `${found.name} has the trigger ${found.type}; here only timer and Event Grid functions can be run.`;
    return sendText(response, 400, text);
  }
  const body = parseBody(await readBody(request));
  if (!body) return sendText(response, 400, 'Expected JSON such as {"input": "…"}.');
  // The caller is not told how it ends, as in Azure: the log is.
  api.run(found.name, body['input']);
  sendEmpty(response, 202);
}

function parseBody(body: Buffer): Record<string, unknown> | undefined {
  if (body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    return undefined;
  }
  return undefined;
}

/** In the field order of the Functions host. */
function status(): unknown {
  return {
    id: 'local',
    state: 'Running',
    version: `${hostVersion}.0`,
    versionDetails: hostVersion,
    platformVersion: '',
    instanceId: '',
    computerName: '',
    processUptime: Math.round(process.uptime() * 1000),
    functionAppContentEditingState: 'Unknown',
  };
}
