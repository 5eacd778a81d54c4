import type { IncomingMessage } from 'node:http';
import type { TypedData } from '../app/core-types.ts';
import { stackOf } from '../app/errors.ts';
import type { Invoke } from '../app/invoke.ts';
import type { Log } from '../app/log.ts';
import type { RegisteredFunction } from '../app/registry.ts';
import { readBody, sendEmpty, type Exchange } from './exchange.ts';
import { sendHttpResponse } from './response.ts';
import { compileRoute, type RouteTemplate } from './route-template.ts';
import type { Handler } from './server.ts';

/** A function with an HTTP trigger, ready to be matched. */
interface HttpRoute {
  function: RegisteredFunction;
  methods: Set<string>;
  template: RouteTemplate;
}

/** The route of an HTTP function below the route prefix. */
export function routeOf(entry: RegisteredFunction): string {
  return String(entry.trigger['route'] ?? entry.name);
}

/** The methods an HTTP function answers, in upper case. */
export function methodsOf(entry: RegisteredFunction): string[] {
  const methods = entry.trigger['methods'];
  return Array.isArray(methods) ? methods.map((method) => String(method).toUpperCase()) : [];
}

/** Serves the app's HTTP functions below `prefix`. */
export function httpTriggers(
  functions: RegisteredFunction[],
  prefix: string,
  host: { invoke: Invoke; log: Log },
): Handler {
  const routes = functions.map((entry) => toRoute(entry, prefix));
  routes.sort((a, b) => (a.template.order < b.template.order ? -1 : 1));
  return async (exchange) => {
    const found = findRoute(routes, exchange);
    if (!found) return false;
    await serve(found, exchange, host);
    return true;
  };
}

function toRoute(entry: RegisteredFunction, prefix: string): HttpRoute {
  return {
    function: entry,
    methods: new Set(methodsOf(entry)),
    template: compileRoute(`${prefix}/${routeOf(entry)}`),
  };
}

interface Found {
  function: RegisteredFunction;
  params: Record<string, string>;
}

function findRoute(routes: HttpRoute[], exchange: Exchange): Found | undefined {
  for (const route of routes) {
    if (route.methods.size > 0 && !route.methods.has(exchange.request.method ?? '')) continue;
    const params = route.template.match(exchange.path);
    if (params) return { function: route.function, params };
  }
  return undefined;
}

async function serve(
  found: Found,
  exchange: Exchange,
  { invoke, log }: { invoke: Invoke; log: Log },
): Promise<void> {
  const body = hasBody(exchange.request) ? await readBody(exchange.request) : undefined;
  const data = { http: toRpcHttp(exchange, found.params, body) } satisfies TypedData;
  try {
    const { returnValue } = await invoke({ function: found.function, data });
    sendHttpResponse(exchange.response, returnValue);
  } catch (error) {
    log('error', found.function.name, `HTTP ${exchange.request.method} failed: ${stackOf(error)}`);
    sendEmpty(exchange.response, 500);
  }
}

function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  return length === undefined ? 'transfer-encoding' in request.headers : length !== '0';
}

function toRpcHttp(
  { request, url }: Exchange,
  params: Record<string, string>,
  body: Buffer | undefined,
): unknown {
  return {
    url: url.href,
    method: request.method,
    headers: headersOf(request),
    query: queryOf(url.searchParams),
    params,
    ...(body && { body: { bytes: body } }),
  };
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : (value ?? '');
  }
  return headers;
}

/** A key that comes twice reaches the handler once, its values joined by commas. */
function queryOf(search: URLSearchParams): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [key, value] of search) {
    query[key] = key in query ? `${query[key]},${value}` : value;
  }
  return query;
}
