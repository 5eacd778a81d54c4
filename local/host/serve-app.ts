import type { Log } from './app/log.ts';
import type { RegisteredFunction } from './app/registry.ts';
import { systemClock } from './clock.ts';
import { clientBinding, type ClientBinding } from './durable/client-binding.ts';
import { createEngine, type Engine } from './durable/engine/engine.ts';
import type { DataDirectory } from './durable/store/open.ts';
import { openStore } from './durable/store/store.ts';
import { createHandlers } from './handlers.ts';
import type { HostSettings } from './host-json.ts';
import { summarize, type FunctionSummary } from './http/admin.ts';
import type { Keys } from './http/keys.ts';
import type { HttpServer } from './http/server.ts';
import type { LocalSettings } from './local-settings.ts';
import { createTimers, type Timers } from './triggers/timers.ts';
import { timerStatuses } from './triggers/timer-status.ts';
import { watchApp } from './watch.ts';
import { createApp, type App } from './worker/app.ts';
import { createFunctionTable, isDisabled, type FunctionTable } from './worker/function-table.ts';

/** What a host has read and opened. */
export interface HostParts {
  directory: string;
  /** A glob for the app's files, in place of `main` in its package.json. */
  functions: string | undefined;
  /** Whether to load the app anew when one of its files changes. */
  watch: boolean;
  env: NodeJS.ProcessEnv;
  log: Log;
  settings: HostSettings;
  cors: LocalSettings['cors'];
  /** Absent when keys are not asked for. */
  keys: Keys | undefined;
  client: ClientBinding;
  data: DataDirectory;
  server: HttpServer;
}

/** An app that is being served. */
export interface ServedApp {
  functions(): FunctionSummary[];
  close(): Promise<void>;
}

/** How long closing waits for what runs, in milliseconds; activities cut off run again next time. */
const closingTime = 1_000;

/** Loads the app in a process of its own and serves it; throws a HostError when that fails. */
export async function serveApp(parts: HostParts): Promise<ServedApp> {
  const { directory, log, settings, server } = parts;
  const table = createFunctionTable();
  const app = createApp({
    log,
    env: parts.env,
    functionTimeout: settings.functionTimeout,
    settings: {
      directory,
      functions: parts.functions,
      logLevels: settings.logLevels,
      durableClient: clientBinding(parts.client),
    },
    accept: (functions) => accept({ ...parts, ...served }, functions),
  });
  const { engine, timers } = createBackground(parts, app, table);
  const served: Served = { app, engine, timers, table };
  try {
    await app.start();
  } catch (error) {
    await app.close();
    throw error;
  }
  engine.resumeAll();
  const watching = parts.watch ? watchApp(directory, reloader(app, log)) : undefined;
  return {
    functions: () => summarize(table.all(), settings.routePrefix).map(withNextRun(timers)),
    async close() {
      watching?.close();
      await closeServed(server, served);
    },
  };
}

function withNextRun(timers: Timers): (entry: FunctionSummary) => FunctionSummary {
  return (entry) => {
    const next = timers.nextRun(entry.name);
    return next === undefined ? entry : { ...entry, next: new Date(next).toISOString() };
  };
}

interface Served {
  app: App;
  engine: Engine;
  timers: Timers;
  table: FunctionTable;
}

function createBackground(
  { data, log, settings, env }: HostParts,
  app: App,
  functions: FunctionTable,
): Pick<Served, 'engine' | 'timers'> {
  const { invoke, replay } = app;
  const { maxConcurrentActivities } = settings;
  const common = { invoke, log, clock: systemClock };
  return {
    engine: createEngine({
      ...common,
      store: openStore(data.db),
      functions,
      replay,
      maxConcurrentActivities,
    }),
    timers: createTimers({ ...common, statuses: timerStatuses(data.db), env }),
  };
}

/** Takes over what an app has registered; throws, and changes nothing, when some of it is not understood. */
function accept(host: HostParts & Served, registered: RegisteredFunction[]): void {
  const functions = registered.filter((entry) => !isDisabled(entry, host.env));
  functions.filter(hasUselessRetries).forEach(({ name }) => {
    host.log('warning', name, 'its retry policy has no effect: Azure applies none to Event Grid.');
  });
  const handlers = createHandlers(host, functions);
  const startTimers = host.timers.prepare(functions);
  host.keys?.ensure(functions.filter(({ type }) => type === 'httpTrigger'));
  host.table.replace(functions);
  host.server.serve(handlers);
  startTimers();
}

function hasUselessRetries({ type, metadata }: RegisteredFunction): boolean {
  return type === 'eventGridTrigger' && metadata.retryOptions !== undefined;
}

function reloader(app: App, log: Log): (file: string) => void {
  return (file) => {
    if (/^(host|local\.settings)\.json$/.test(file)) {
      return log('warning', 'host', `${file} has changed: start the host anew to apply it.`);
    }
    log('information', 'host', `${file} has changed: loading the app anew.`);
    void app.reload();
  };
}

async function closeServed(server: HttpServer, { app, engine, timers }: Served): Promise<void> {
  const draining = Promise.allSettled([server.close(), timers.close(), engine.close()]);
  await Promise.race([draining, elapsed(closingTime)]);
  engine.abandon();
  await app.close();
}

function elapsed(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time).unref());
}
