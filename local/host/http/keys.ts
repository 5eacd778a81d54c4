import { randomBytes, timingSafeEqual } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RegisteredFunction } from '../app/registry.ts';
import { objectAt, readJson } from '../json-file.ts';
import type { Exchange } from './exchange.ts';

/** Decides which requests may go on, by the keys that they carry. */
export interface Keys {
  allowsFunction(exchange: Exchange, entry: RegisteredFunction): boolean;
  /** For the endpoint of an extension. */
  allowsExtension(exchange: Exchange, extension: Extension): boolean;
  isMaster(exchange: Exchange): boolean;
  /** The key of an extension's endpoint. */
  ofExtension(extension: Extension): string;
  /** Makes the keys of functions that have none yet. */
  ensure(functions: RegisteredFunction[]): void;
}

export type Extension = 'durabletask' | 'eventgrid';

interface KeyFile {
  masterKey: string;
  /** Host keys: they open every function. */
  functionKeys: Record<string, string>;
  systemKeys: Record<string, string>;
  /** Keys by function. */
  functions: Record<string, Record<string, string>>;
}

/** The keys kept in a data directory's `keys.json`, which is made when absent; more may be added by hand. */
export function openKeys(dataDirectory: string): Keys {
  const path = join(dataDirectory, 'keys.json');
  const keys = withDefaults(readJson(path));
  const save = (): void => writeKeys(path, keys);
  save();
  const isMaster = (exchange: Exchange): boolean => isOneOf(exchange, [keys.masterKey]);
  return {
    isMaster,
    allowsFunction(exchange, { name, trigger }) {
      const level = String(trigger['authLevel'] ?? 'function').toLowerCase();
      if (level === 'anonymous') return true;
      if (level === 'admin') return isMaster(exchange);
      const own = Object.values(keys.functions[name] ?? {});
      return isOneOf(exchange, [...own, ...Object.values(keys.functionKeys), keys.masterKey]);
    },
    allowsExtension(exchange, extension) {
      return isOneOf(exchange, [keys.systemKeys[systemKey(extension)] ?? '', keys.masterKey]);
    },
    ofExtension: (extension) => keys.systemKeys[systemKey(extension)] ?? '',
    ensure(functions) {
      const names = functions.map(({ name }) => name).filter((name) => !keys.functions[name]);
      for (const name of names) keys.functions[name] = { default: newKey() };
      if (names.length > 0) save();
    },
  };
}

function systemKey(extension: Extension): string {
  return `${extension}_extension`;
}

function withDefaults(found: Record<string, unknown>): KeyFile {
  const systemKeys = {
    [systemKey('durabletask')]: newKey(),
    [systemKey('eventgrid')]: newKey(),
    ...textsAt(found, 'systemKeys'),
  };
  const functions = objectAt(found, 'functions');
  return {
    masterKey: String(found['masterKey'] ?? newKey()),
    functionKeys: { default: newKey(), ...textsAt(found, 'functionKeys') },
    systemKeys,
    functions: Object.fromEntries(
      Object.keys(functions).map((name) => [name, textsAt(functions, name)]),
    ),
  };
}

function textsAt(parent: Record<string, unknown>, key: string): Record<string, string> {
  const entries = Object.entries(objectAt(parent, key));
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

/** As long as Azure's own, and with nothing that a URL would have to escape. */
function newKey(): string {
  return randomBytes(40).toString('base64url');
}

function writeKeys(path: string, keys: KeyFile): void {
  const next = `${path}.new`;
  writeFileSync(next, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
  renameSync(next, path);
}

function isOneOf({ request, url }: Exchange, keys: string[]): boolean {
  const header = request.headers['x-functions-key'];
  const given = Buffer.from(String(header ?? url.searchParams.get('code') ?? ''));
  if (given.length === 0) return false;
  return keys.some((key) => {
    const expected = Buffer.from(key);
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
}
