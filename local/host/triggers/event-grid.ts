import { stackOf } from '../app/errors.ts';
import type { Invocation, Invoke } from '../app/invoke.ts';
import type { Log } from '../app/log.ts';
import type { RegisteredFunction } from '../app/registry.ts';
import { readBody, sendEmpty, sendText, type Exchange } from '../http/exchange.ts';
import type { Handler } from '../http/server.ts';
import { eachBounded } from './bounded.ts';

/** How many events of one delivery are handled at once. */
const parallelEvents = 16;

/** What the Event Grid endpoint needs of the host. */
export interface EventGridHost {
  functions: RegisteredFunction[];
  invoke: Invoke;
  log: Log;
}

/** Serves `/runtime/webhooks/eventgrid?functionName=…` as the Event Grid extension 3.3 does. */
export function eventGridTriggers(host: EventGridHost): Handler {
  return async (exchange) => {
    const [first, second, third, ...rest] = exchange.path.map((part) => part.toLowerCase());
    if (first !== 'runtime' || second !== 'webhooks' || third !== 'eventgrid') return false;
    if (rest.length > 0) return false;
    await serve(host, exchange);
    return true;
  };
}

async function serve(host: EventGridHost, exchange: Exchange): Promise<void> {
  const { request, response, url } = exchange;
  const name = url.searchParams.get('functionName') ?? '';
  const found = host.functions.find((entry) => entry.name === name);
  if (!found) return sendText(response, 404, `cannot find function: '${name}'`);
  if (request.method === 'OPTIONS') return allowOrigin(exchange);

  const kind = String(request.headers['aeg-event-type'] ?? '').toLowerCase();
  if (kind === 'unsubscribe') return sendEmpty(response, 202);
  const body = parseJson(await readBody(request));
  if (kind === 'subscriptionvalidation') return validate(exchange, body);
  if (kind !== 'notification' || body === undefined) return sendEmpty(response, 400);
  await notify(host, found, { exchange, events: Array.isArray(body) ? body : [body] });
}

/** The CloudEvents handshake. */
function allowOrigin({ request, response }: Exchange): void {
  const origin = request.headers['webhook-request-origin'];
  if (!origin) return sendEmpty(response, 400);
  response.writeHead(200, { 'webhook-allowed-origin': origin, 'content-length': 0 }).end();
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function validate({ response }: Exchange, body: unknown): void {
  const event = (Array.isArray(body) ? body[0] : body) as { data?: unknown } | undefined;
  // CloudEvents subscriptions send the data as a JSON string inside the JSON.
  const data = typeof event?.data === 'string' ? parseJson(Buffer.from(event.data)) : event?.data;
  const code = (data as { validationCode?: unknown } | undefined)?.validationCode;
  if (typeof code !== 'string') return sendEmpty(response, 400);
  sendText(response, 200, JSON.stringify({ validationResponse: code }));
}

async function notify(
  { invoke, log }: EventGridHost,
  found: RegisteredFunction,
  { exchange, events }: { exchange: Exchange; events: unknown[] },
): Promise<void> {
  const results = await eachBounded(events, parallelEvents, (event) =>
    invoke(eventInvocation(found, event)),
  );
  const failures = results.filter((result) => result.status === 'rejected');
  if (failures.length === 0) return sendEmpty(exchange.response, 202);
  for (const { reason } of failures) log('error', found.name, `Event failed: ${stackOf(reason)}`);
  sendText(exchange.response, 500, `Exception while executing function: Functions.${found.name}`);
}

/** The call of a function for one event. */
export function eventInvocation(found: RegisteredFunction, event: unknown): Invocation {
  const data = (event as { data?: unknown } | null)?.data ?? null;
  return {
    function: found,
    data: { json: JSON.stringify(event) },
    triggerMetadata: { data: { json: JSON.stringify(data) } },
  };
}
