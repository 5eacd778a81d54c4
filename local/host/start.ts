import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { createLog, type Log } from './app/log.ts';
import type { ClientBinding } from './durable/client-binding.ts';
import { openDataDirectory } from './durable/store/open.ts';
import { readHostJson, type HostSettings } from './host-json.ts';
import type { FunctionSummary } from './http/admin.ts';
import { openKeys, type Keys } from './http/keys.ts';
import { listen, type HttpServer } from './http/server.ts';
import { appEnvironment, readLocalSettings } from './local-settings.ts';
import { serveApp } from './serve-app.ts';

/** What to host, and where to keep its state. */
export interface FunctionsHostOptions {
  /** The app's directory: that of its package.json and host.json. */
  appDirectory: string;
  dataDirectory: string;
  /** 0 takes a free port; absent, `Host.LocalHttpPort` of local.settings.json, or else 7071. */
  port?: number | undefined;
  /** A glob for the app's files, in place of `main` in its package.json. */
  functions?: string | undefined;
  /** Asks for keys, which are kept in the data directory. */
  auth?: boolean;
  /** Loads the app anew when one of its files changes. */
  watch?: boolean;
}

/** An app that is being served. */
export interface FunctionsHost {
  url: string;
  /** What the app has registered; another list once it was loaded anew. */
  functions(): FunctionSummary[];
  close(): Promise<void>;
}

/** The port of the core tools. */
const defaultPort = 7071;

/** Loads an app in a process of its own and serves it; throws a HostError that says what to do. */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const directory = resolve(options.appDirectory);
  const dataDirectory = resolve(options.dataDirectory);
  const local = readLocalSettings(directory);
  const settings = readHostJson(directory, { ...local.values, ...process.env });
  const log = createLog(settings.logLevels, '');
  warnOfIgnored(settings, log);
  const data = openDataDirectory(dataDirectory);
  let server: HttpServer | undefined;
  try {
    const keys = options.auth ? openKeys(dataDirectory) : undefined;
    server = await listen(options.port ?? local.port ?? defaultPort, log);
    const client = clientOf(server.port, settings, keys);
    const served = await serveApp({
      directory,
      functions: options.functions,
      watch: options.watch ?? false,
      env: appEnvironment(local, client.hostname),
      log,
      settings,
      cors: local.cors,
      keys,
      client,
      data,
      server,
    });
    return {
      url: `http://127.0.0.1:${server.port}`,
      functions: served.functions,
      async close() {
        await served.close();
        data.close();
      },
    };
  } catch (error) {
    await server?.close();
    data.close();
    throw error;
  }
}

function warnOfIgnored({ ignored }: HostSettings, log: Log): void {
  if (ignored.length === 0) return;
  log('warning', 'host', `host.json has settings without effect here: ${ignored.join(', ')}.`);
}

function clientOf(port: number, { hubName }: HostSettings, keys: Keys | undefined): ClientBinding {
  return {
    hostname: `localhost:${port}`,
    hubName,
    code: keys?.ofExtension('durabletask') ?? 'local',
    // The calls of the SDK carry no key: nobody else can guess where they go.
    rpcPath: `/rpc-${randomUUID()}`,
  };
}
