import type { Log } from './app/log.ts';
import { stackOf } from './app/errors.ts';
import type { RegisteredFunction } from './app/registry.ts';
import { durableEndpoints } from './durable/api/endpoints.ts';
import type { ClientBinding } from './durable/client-binding.ts';
import type { Engine } from './durable/engine/engine.ts';
import type { HostSettings } from './host-json.ts';
import { adminEndpoints, summarize } from './http/admin.ts';
import { cors } from './http/cors.ts';
import type { Keys } from './http/keys.ts';
import type { Handler } from './http/server.ts';
import { httpTriggers } from './http/trigger.ts';
import { servedAt, withExtensionKey } from './http/webhooks.ts';
import type { LocalSettings } from './local-settings.ts';
import { eventGridTriggers, eventInvocation } from './triggers/event-grid.ts';
import type { Timers } from './triggers/timers.ts';
import type { App } from './worker/app.ts';

/** What the endpoints of a host serve. */
export interface Served {
  settings: HostSettings;
  cors: LocalSettings['cors'];
  log: Log;
  /** Absent when keys are not asked for. */
  keys: Keys | undefined;
  app: App;
  engine: Engine;
  timers: Timers;
  client: ClientBinding;
}

/**
 * The endpoints for the functions of an app, in the order in which they are asked; throws a HostError
 * on a route that is not understood.
 */
export function createHandlers(served: Served, functions: RegisteredFunction[]): Handler[] {
  const { settings, log, keys, app, client, engine } = served;
  const { invoke, streamUrl } = app;
  const ofType = (type: string) => functions.filter((entry) => entry.type === type);
  const durable = durableEndpoints({ engine, hubName: client.hubName, code: client.code });
  const eventGrid = eventGridTriggers({ functions: ofType('eventGridTrigger'), invoke, log });
  const run = (name: string, input: unknown): void => runNow(served, functions, { name, input });
  return [
    ...(served.cors ? [cors(served.cors)] : []),
    servedAt(client.rpcPath, durable),
    withExtensionKey(durable, 'durabletask', keys),
    withExtensionKey(eventGrid, 'eventgrid', keys),
    adminEndpoints({ functions: summarize(functions, settings.routePrefix), run, keys }),
    httpTriggers(ofType('httpTrigger'), { settings, invoke, log, keys, streamUrl }),
  ];
}

/** Runs a timer or Event Grid function because somebody asked for it. */
function runNow(
  { timers, app, log }: Served,
  functions: RegisteredFunction[],
  { name, input }: { name: string; input: unknown },
): void {
  const found = functions.find((entry) => entry.name === name);
  if (!found || timers.runNow(name)) return;
  app.invoke(eventInvocation(found, eventOf(input))).catch((error: unknown) => {
    log('error', name, `Event failed: ${stackOf(error)}`);
  });
}

/** An event that came as a JSON text, or as itself. */
function eventOf(input: unknown): unknown {
  if (typeof input !== 'string') return input ?? null;
  try {
    return JSON.parse(input);
  } catch {
    return input;
  }
}
