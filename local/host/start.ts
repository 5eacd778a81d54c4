import { resolve } from 'node:path';
import { HostError } from './app/errors.ts';
import { installCoreModule } from './app/core-module.ts';
import { createInvoke, type Invoke } from './app/invoke.ts';
import { loadApp } from './app/load.ts';
import { stderrLog, type Log } from './app/log.ts';
import { createRegistry, type Registry } from './app/registry.ts';
import { systemClock, type Clock } from './clock.ts';
import { durableEndpoints } from './durable/api/endpoints.ts';
import { clientBinding } from './durable/client-binding.ts';
import { createEngine, type Engine } from './durable/engine/engine.ts';
import { openDataDirectory, type DataDirectory } from './durable/store/open.ts';
import { openStore } from './durable/store/store.ts';
import { applyLocalSettings, readHostJson, type HostSettings } from './host-json.ts';
import { adminEndpoints, summarize, type FunctionSummary } from './http/admin.ts';
import { listen, type HttpServer } from './http/server.ts';
import { httpTriggers } from './http/trigger.ts';
import { eventGridTriggers } from './triggers/event-grid.ts';
import { timerFunction, type TimerFunction } from './triggers/timer.ts';
import { timerStatuses } from './triggers/timer-status.ts';

/** What to host, and where to keep its state. */
export interface FunctionsHostOptions {
  /** The app's directory: that of its package.json and host.json. */
  appDirectory: string;
  dataDirectory: string;
  /** 0, the default, takes a free port. */
  port?: number;
  /** A glob for the app's files, in place of `main` in its package.json. */
  functions?: string | undefined;
  log?: Log;
  clock?: Clock;
}

/** An app that is being served. */
export interface FunctionsHost {
  url: string;
  functions: FunctionSummary[];
  close(): Promise<void>;
}

/** How long closing waits for what runs, in milliseconds; activities cut off run again next time. */
const closingTime = 1_500;

/**
 * Loads an app and serves it. One app for each process: `@azure/functions` keeps what it registers
 * for the life of the process. Sets WEBSITE_HOSTNAME and the app's local settings in process.env.
 */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const directory = resolve(options.appDirectory);
  const log = options.log ?? stderrLog;
  const settings = readHostJson(directory);
  warnOfIgnored(settings, log);
  const data = openDataDirectory(resolve(options.dataDirectory));
  let server: HttpServer | undefined;
  try {
    server = await listen(options.port ?? 0, log);
    const parts = { directory, log, settings, data, server };
    return await serveApp({ ...parts, clock: options.clock ?? systemClock }, options.functions);
  } catch (error) {
    await server?.close();
    data.close();
    throw error;
  }
}

function warnOfIgnored({ ignored }: HostSettings, log: Log): void {
  for (const name of ignored) {
    log('warning', 'host', `host.json: ${name} has no effect on the local host.`);
  }
}

interface Parts {
  directory: string;
  log: Log;
  clock: Clock;
  settings: HostSettings;
  data: DataDirectory;
  server: HttpServer;
}

async function serveApp(parts: Parts, functionsGlob: string | undefined): Promise<FunctionsHost> {
  const { directory, log, settings, server } = parts;
  const hostname = `localhost:${server.port}`;
  applyLocalSettings(directory, process.env);
  process.env['WEBSITE_HOSTNAME'] = hostname;
  const registry = createRegistry();
  const uninstall = installCoreModule(registry, log);
  await loadApp(registry, { directory, functions: functionsGlob });
  requireFunctions(registry, directory);

  const { functionTimeout, hubName } = settings;
  const durableClient = clientBinding({ hostname, hubName });
  const invoke = createInvoke({ registry, log, durableClient, functionTimeout });
  const { engine, timers } = createBackground(parts, registry, invoke);
  const functions = summarize(registry, settings.routePrefix);
  server.serve([
    durableEndpoints({ engine, hubName }),
    eventGridTriggers({ functions: registry.ofType('eventGridTrigger'), invoke, log }),
    adminEndpoints(functions),
    httpTriggers(registry.ofType('httpTrigger'), settings.routePrefix, { invoke, log }),
  ]);
  engine.resumeAll();
  timers.forEach((timer) => timer.start());
  const close = (): Promise<void> => closeHost(parts, { engine, timers, registry, uninstall });
  return { url: `http://127.0.0.1:${server.port}`, functions, close };
}

function requireFunctions(registry: Registry, directory: string): void {
  if (registry.functions.size > 0) return;
  throw new HostError(
    `The app in ${directory} registered no function. ` +
      'Check that the files it loads call app.http(), app.timer() and the like from @azure/functions 4.',
  );
}

function createBackground(
  { data, log, clock, settings }: Parts,
  registry: Registry,
  invoke: Invoke,
): { engine: Engine; timers: TimerFunction[] } {
  const store = openStore(data.db);
  const maxConcurrentActivities = settings.maxConcurrentActivities;
  const engine = createEngine({ store, registry, invoke, log, clock, maxConcurrentActivities });
  const host = { invoke, log, clock, statuses: timerStatuses(data.db), env: process.env };
  const timers = registry.ofType('timerTrigger').map((entry) => timerFunction(entry, host));
  return { engine, timers };
}

interface Running {
  engine: Engine;
  timers: TimerFunction[];
  registry: Registry;
  uninstall: () => void;
}

async function closeHost({ server, data, log }: Parts, running: Running): Promise<void> {
  const { engine, timers, registry, uninstall } = running;
  const draining = Promise.allSettled([
    server.close(),
    ...timers.map((timer) => timer.close()),
    engine.close(),
  ]);
  await Promise.race([draining, elapsed(closingTime)]);
  engine.abandon();
  try {
    const { appHookData } = registry.hooks;
    await registry.hooks.run('appTerminate', { hookData: {}, appHookData });
  } catch (error) {
    log('error', 'host', `An appTerminate hook failed: ${String(error)}`);
  }
  uninstall();
  data.close();
}

function elapsed(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time).unref());
}
