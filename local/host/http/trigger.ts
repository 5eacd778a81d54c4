import type { IncomingMessage } from 'node:http';
import type { TypedData } from '../app/core-types.ts';
import { stackOf } from '../app/errors.ts';
import type { Invoke } from '../app/invoke.ts';
import type { Log } from '../app/log.ts';
import type { RegisteredFunction } from '../app/registry.ts';
import type { HostSettings } from '../host-json.ts';
import { HttpRefusal, readBody, sendEmpty, type Exchange } from './exchange.ts';
import type { Keys } from './keys.ts';
import { sendHttpResponse } from './response.ts';
import { compileRoute, type RouteTemplate } from './route-template.ts';
import type { Handler } from './server.ts';
import { serveStream } from './stream.ts';
import { createThrottle } from './throttle.ts';

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

/** What HTTP functions need of the host. */
export interface HttpHost {
  settings: Pick<
    HostSettings,
    'routePrefix' | 'customHeaders' | 'maxConcurrentRequests' | 'maxOutstandingRequests'
  >;
  invoke: Invoke;
  log: Log;
  /** Absent when keys are not asked for. */
  keys: Keys | undefined;
  streamUrl(): string | undefined;
}

/** Serves the app's HTTP functions. */
export function httpTriggers(functions: RegisteredFunction[], host: HttpHost): Handler {
  const { maxConcurrentRequests, maxOutstandingRequests, routePrefix } = host.settings;
  const routes = functions.map((entry) => toRoute(entry, routePrefix));
  routes.sort((a, b) => (a.template.order < b.template.order ? -1 : 1));
  const throttle = createThrottle({
    concurrent: maxConcurrentRequests,
    outstanding: maxOutstandingRequests,
  });
  return async (exchange) => {
    const found = findRoute(routes, exchange);
    if (!found) return false;
    if (host.keys?.allowsFunction(exchange, found.function) === false) {
      sendEmpty(exchange.response, 401);
    } else if (!(await throttle.run(() => serve(found, exchange, host)))) {
      sendEmpty(exchange.response, 429);
    }
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

async function serve(found: Found, exchange: Exchange, host: HttpHost): Promise<void> {
  const { request, response } = exchange;
  for (const [name, value] of Object.entries(host.settings.customHeaders)) {
    response.setHeader(name, value);
  }
  try {
    const streamUrl = host.streamUrl();
    if (streamUrl === undefined) await serveWhole(found, exchange, host);
    else await serveStream(exchange, { ...found, ...partsOf(exchange), streamUrl }, host.invoke);
  } catch (error) {
    if (error instanceof HttpRefusal) throw error;
    host.log('error', found.function.name, `HTTP ${request.method} failed: ${stackOf(error)}`);
    if (response.headersSent) response.destroy();
    else sendEmpty(response, 500);
  }
}

async function serveWhole(found: Found, exchange: Exchange, { invoke }: HttpHost): Promise<void> {
  const body = hasBody(exchange.request) ? await readBody(exchange.request) : undefined;
  const data = { http: toRpcHttp(exchange, found.params, body) } satisfies TypedData;
  const { returnValue } = await invoke({ function: found.function, data });
  sendHttpResponse(exchange.response, returnValue);
}

function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  return length === undefined ? 'transfer-encoding' in request.headers : length !== '0';
}

function toRpcHttp(
  exchange: Exchange,
  params: Record<string, string>,
  body: Buffer | undefined,
): unknown {
  return {
    url: exchange.url.href,
    method: exchange.request.method,
    ...partsOf(exchange),
    params,
    ...(body && { body: { bytes: body } }),
  };
}

function partsOf({ request, url }: Exchange) {
  return { headers: headersOf(request), query: queryOf(url.searchParams) };
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
