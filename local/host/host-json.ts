import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { HostError } from './app/errors.ts';

/** What the host takes from an app's host.json. */
export interface HostSettings {
  routePrefix: string;
  /** Milliseconds; Infinity when host.json says -1. */
  functionTimeout: number;
  hubName: string;
  maxConcurrentActivities: number;
  /** Settings that have no effect here, by their path in host.json. */
  ignored: string[];
}

/** Reads APPDIR/host.json; a file that is not there gives the defaults. */
export function readHostJson(directory: string): HostSettings {
  const settings = readJson(join(directory, 'host.json'));
  const extensions = objectAt(settings, 'extensions');
  const http = objectAt(extensions, 'http');
  const durable = objectAt(extensions, 'durableTask');
  return {
    routePrefix: String(http['routePrefix'] ?? 'api').replace(/^\/+|\/+$/g, ''),
    functionTimeout: parseTimeSpan(settings['functionTimeout'] ?? '00:30:00', 'functionTimeout'),
    hubName: String(durable['hubName'] ?? 'TestHubName'),
    maxConcurrentActivities: countAt(durable, 'maxConcurrentActivityFunctions'),
    ignored: [
      ...unknownKeys(extensions, 'extensions', ['http', 'durableTask']),
      ...unknownKeys(http, 'extensions.http', ['routePrefix']),
      ...unknownKeys(durable, 'extensions.durableTask', [
        'hubName',
        'maxConcurrentActivityFunctions',
      ]),
    ],
  };
}

/** Puts `Values` of APPDIR/local.settings.json into `env`; what is set there already stays. */
export function applyLocalSettings(directory: string, env: NodeJS.ProcessEnv): void {
  const values = objectAt(readJson(join(directory, 'local.settings.json')), 'Values');
  for (const [name, value] of Object.entries(values)) env[name] ??= String(value);
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

function readJson(path: string): Record<string, unknown> {
  if (!existsSync(path)) return {};
  const text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HostError(`${path} is not valid JSON: ${String(cause)}`, { cause });
  }
}

function objectAt(parent: Record<string, unknown>, key: string): Record<string, unknown> {
  const value = parent[key];
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** The extension's own default is ten for each core. */
function countAt(durable: Record<string, unknown>, key: string): number {
  const value = durable[key] ?? 10 * availableParallelism();
  if (Number.isInteger(value) && Number(value) > 0) return Number(value);
  throw new HostError(
    `extensions.durableTask.${key} in host.json is ${JSON.stringify(value)}; expected a whole number above 0.`,
  );
}

function unknownKeys(found: Record<string, unknown>, path: string, known: string[]): string[] {
  return Object.keys(found)
    .filter((key) => !known.includes(key))
    .map((key) => `${path}.${key}`);
}
