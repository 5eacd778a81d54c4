import { join } from 'node:path';
import { HostError } from './app/errors.ts';
import { objectAt, readJson } from './json-file.ts';

/** What an app's local.settings.json says. */
export interface LocalSettings {
  values: Record<string, string>;
  /** `Host.LocalHttpPort`. */
  port: number | undefined;
  /** `Host.CORS`: origins, or `*`. */
  cors: { origins: string[]; credentials: boolean } | undefined;
}

/** Reads APPDIR/local.settings.json; a file that is not there has no settings. */
export function readLocalSettings(directory: string): LocalSettings {
  const path = join(directory, 'local.settings.json');
  const settings = readJson(path);
  if (settings['IsEncrypted'] === true) {
    throw new HostError(
      `${path} is encrypted, and only the core tools have the key. ` +
        'Run "func settings decrypt" in that folder, or set IsEncrypted to false and write the values in plain.',
    );
  }
  const host = objectAt(settings, 'Host');
  return { values: valuesOf(settings, path), port: portOf(host, path), cors: corsOf(host) };
}

function valuesOf(settings: Record<string, unknown>, path: string): Record<string, string> {
  const values = Object.entries(objectAt(settings, 'Values'));
  for (const [name, value] of values) {
    if (typeof value !== 'object') continue;
    throw new HostError(
      `${path}: Values.${name} is ${JSON.stringify(value)}; expected plain text. Nested settings are written "A__B".`,
    );
  }
  return Object.fromEntries(values.map(([name, value]) => [name, String(value)]));
}

function portOf(host: Record<string, unknown>, path: string): number | undefined {
  const value = host['LocalHttpPort'];
  if (value === undefined) return undefined;
  const port = Number(value);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new HostError(
    `${path}: Host.LocalHttpPort is ${JSON.stringify(value)}; expected a number from 0 to 65535.`,
  );
}

function corsOf(host: Record<string, unknown>): LocalSettings['cors'] {
  const origins = String(host['CORS'] ?? '')
    .split(',')
    .map((origin) => origin.trim())
    .filter((origin) => origin !== '');
  return origins.length > 0
    ? { origins, credentials: host['CORSCredentials'] === true }
    : undefined;
}

/** The environment of the app's process: this one's, and below it what local.settings.json says. */
export function appEnvironment(settings: LocalSettings, hostname: string): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    FUNCTIONS_WORKER_RUNTIME: 'node',
    AZURE_FUNCTIONS_ENVIRONMENT: 'Development',
    ...settings.values,
    ...process.env,
    WEBSITE_HOSTNAME: hostname,
  };
  const runtime = env['FUNCTIONS_WORKER_RUNTIME'];
  if (runtime === 'node') return env;
  throw new HostError(
    `The setting FUNCTIONS_WORKER_RUNTIME is "${runtime}": this host runs Node apps only ("node").`,
  );
}
