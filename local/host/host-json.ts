import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { HostError } from './app/errors.ts';
import { objectAt, readJson } from './json-file.ts';
import { parseLogLevel, type LogLevels } from './log-levels.ts';

/** What the host takes from an app's host.json. */
export interface HostSettings {
  routePrefix: string;
  /** Headers that every answer of an HTTP function gets. */
  customHeaders: Record<string, string>;
  /** Requests in progress above which more are refused; Infinity for no limit. */
  maxOutstandingRequests: number;
  /** HTTP functions that run at once; Infinity for no limit. */
  maxConcurrentRequests: number;
  /** Milliseconds; Infinity when host.json says -1. */
  functionTimeout: number;
  hubName: string;
  maxConcurrentActivities: number;
  logLevels: LogLevels;
  /** Settings that have no effect here, by their path in host.json. */
  ignored: string[];
}

type Env = Record<string, string | undefined>;

/** Reads APPDIR/host.json, over which settings `AzureFunctionsJobHost__a__b` of `env` go. */
export function readHostJson(directory: string, env: Env): HostSettings {
  const path = join(directory, 'host.json');
  const file = readJson(path);
  requireVersion(file, path);
  const settings = overlay(file, env);
  const extensions = objectAt(settings, 'extensions');
  const http = objectAt(extensions, 'http');
  const durable = objectAt(extensions, 'durableTask');
  return {
    routePrefix: String(http['routePrefix'] ?? 'api').replace(/^\/+|\/+$/g, ''),
    customHeaders: headersAt(http, 'customHeaders'),
    maxOutstandingRequests: limitAt(http, 'maxOutstandingRequests'),
    maxConcurrentRequests: limitAt(http, 'maxConcurrentRequests'),
    functionTimeout: parseTimeSpan(settings['functionTimeout'] ?? '00:30:00', 'functionTimeout'),
    hubName: resolveSetting(String(durable['hubName'] ?? 'TestHubName'), env),
    maxConcurrentActivities: countAt(durable, 'maxConcurrentActivityFunctions'),
    logLevels: logLevelsAt(objectAt(settings, 'logging')),
    ignored: ignoredIn({ settings, extensions, http, durable }),
  };
}

/** Replaces a whole `%NAME%` by the setting of that name. */
export function resolveSetting(text: string, env: Env): string {
  const name = /^%(.+)%$/.exec(text.trim())?.[1];
  if (name === undefined) return text.trim();
  const value = env[name];
  if (value !== undefined) return value.trim();
  throw new HostError(
    `${text} names the setting ${name}, which is not set. ` +
      'Set it in the environment or under Values in local.settings.json.',
  );
}

/** Milliseconds of a .NET TimeSpan, `[d.]hh:mm:ss[.fff]`; `-1` is Infinity. */
export function parseTimeSpan(value: unknown, setting: string): number {
  if (value === -1 || value === '-1') return Infinity;
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,7}))?$/.exec(String(value));
  if (!match) {
    throw new HostError(`${setting} is ${JSON.stringify(value)}; expected a time as hh:mm:ss.`);
  }
  const [days, hours, minutes, seconds] = match.slice(1, 5).map((part) => Number(part ?? 0));
  const fraction = Number(`0.${match[5] ?? 0}`);
  const whole = (((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0);
  return Math.round((whole + fraction) * 1000);
}

function requireVersion(settings: Record<string, unknown>, path: string): void {
  if (!existsSync(path)) {
    throw new HostError(
      `No host.json in ${path.slice(0, -'/host.json'.length)}: is this the folder of a Functions app? ` +
        'The smallest one is { "version": "2.0" }.',
    );
  }
  if (settings['version'] === '2.0') return;
  const found = JSON.stringify(settings['version']) ?? 'missing';
  throw new HostError(`${path}: "version" is ${found}; expected "2.0".`);
}

const settingPrefix = /^AzureFunctionsJobHost__(.+)$/i;

/** Puts settings of the environment over those of the file; keys are compared without case. */
function overlay(file: Record<string, unknown>, env: Env): Record<string, unknown> {
  const settings = structuredClone(file);
  for (const [name, value] of Object.entries(env)) {
    const path = settingPrefix.exec(name)?.[1]?.split(/__|:/);
    if (path) setAt(settings, path, value);
  }
  return settings;
}

function setAt(parent: Record<string, unknown>, [first = '', ...rest]: string[], value: unknown) {
  const key =
    Object.keys(parent).find((known) => known.toLowerCase() === first.toLowerCase()) ?? first;
  if (rest.length === 0) return void (parent[key] = value);
  const child = objectAt(parent, key);
  parent[key] = child;
  setAt(child, rest, value);
}

function headersAt(http: Record<string, unknown>, key: string): Record<string, string> {
  const headers = Object.entries(objectAt(http, key));
  return Object.fromEntries(headers.map(([name, value]) => [name, String(value)]));
}

/** -1 is the extension's own word for no limit. */
function limitAt(http: Record<string, unknown>, key: string): number {
  const value = Number(http[key] ?? -1);
  if (value === -1) return Infinity;
  if (Number.isInteger(value) && value > 0) return value;
  throw wrong(`extensions.http.${key}`, http[key], 'a whole number above 0, or -1 for no limit');
}

/** The extension's own default is ten for each core. */
function countAt(durable: Record<string, unknown>, key: string): number {
  const value = Number(durable[key] ?? 10 * availableParallelism());
  if (Number.isInteger(value) && value > 0) return value;
  throw wrong(`extensions.durableTask.${key}`, durable[key], 'a whole number above 0');
}

function logLevelsAt(logging: Record<string, unknown>): LogLevels {
  const levels: LogLevels = {};
  for (const [category, value] of Object.entries(objectAt(logging, 'logLevel'))) {
    const level = parseLogLevel(value);
    if (!level) {
      const expected = 'Trace, Debug, Information, Warning, Error, Critical or None';
      throw wrong(`logging.logLevel.${category}`, value, expected);
    }
    levels[category.toLowerCase()] = level;
  }
  return levels;
}

function wrong(setting: string, value: unknown, expected: string): HostError {
  return new HostError(
    `${setting} in host.json is ${JSON.stringify(value)}; expected ${expected}.`,
  );
}

/** What is read above, or matters only to Azure: nothing that an app can feel. */
const known = {
  settings: ['version', 'functionTimeout', 'extensions', 'logging', 'extensionBundle', '$schema'],
  extensions: ['http', 'durableTask'],
  http: ['routePrefix', 'customHeaders', 'maxOutstandingRequests', 'maxConcurrentRequests'],
  durable: ['hubName', 'maxConcurrentActivityFunctions'],
  logging: ['logLevel', 'applicationInsights', 'fileLoggingMode', 'console'],
};

function ignoredIn(parts: Record<string, Record<string, unknown>>): string[] {
  const { settings = {}, extensions = {}, http = {}, durable = {} } = parts;
  return [
    ...unknownKeys(settings, '', known.settings),
    ...unknownKeys(objectAt(settings, 'logging'), 'logging.', known.logging),
    ...unknownKeys(extensions, 'extensions.', known.extensions),
    ...unknownKeys(http, 'extensions.http.', known.http),
    ...unknownKeys(durable, 'extensions.durableTask.', known.durable),
  ];
}

function unknownKeys(found: Record<string, unknown>, path: string, names: string[]): string[] {
  return Object.keys(found)
    .filter((key) => !names.includes(key))
    .map((key) => `${path}${key}`);
}
