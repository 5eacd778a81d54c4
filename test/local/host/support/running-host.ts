import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'vitest';

export const fixtures = resolve(import.meta.dirname, '../apps');
const root = resolve(import.meta.dirname, '../../../..');
export const node = join(root, 'node_modules/.bin/node');
export const mainFile = join(root, 'local/host/main.ts');

/** A Functions host in a process of its own. */
export interface RunningHost {
  url: string;
  functions: { name: string; type: string; route?: string; schedule?: string }[];
  process: ChildProcess;
  /** Everything it has written to stderr. */
  log(): string;
  /** The lines it has written to stdout. */
  output(): string[];
  kill(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export interface HostOptions {
  app?: string;
  dataDir: string;
  args?: string[];
  env?: Record<string, string>;
}

/** Starts a fixture app through main.ts and waits for its ready line. */
export async function startHost(options: HostOptions): Promise<RunningHost> {
  const started = spawnHost(options);
  const line = await Promise.race([started.firstLine, ended(started)]);
  const ready = JSON.parse(line);
  return { ...started, url: ready.url, functions: ready.functions };
}

/** Runs a host that is expected to fail at its start; gives what it wrote to stderr. */
export async function failToStart(options: HostOptions): Promise<{ code: number; log: string }> {
  const started = spawnHost(options);
  const [code] = await once(started.process, 'close');
  return { code, log: started.log() };
}

function spawnHost({ app = 'typescript', dataDir, args = [], env = {} }: HostOptions) {
  // Tests that are killed cannot kill their hosts: those end with the pipe.
  const flags = ['--data-dir', dataDir, '--json', '--exit-with-parent', ...args];
  const child = spawn(node, [mainFile, resolve(fixtures, app), ...flags], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const output: string[] = [];
  const firstLine = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      output.push(line);
      resolve(line);
    });
  });
  const closed = once(child, 'close');
  return {
    process: child,
    log: () => text,
    output: () => output,
    firstLine,
    async kill(signal: NodeJS.Signals) {
      child.kill(signal);
      const [code, by] = await closed;
      return { code, signal: by };
    },
  };
}

async function ended({
  process: child,
  log,
}: {
  process: ChildProcess;
  log(): string;
}): Promise<never> {
  const [code] = await once(child, 'close');
  throw new Error(`The host ended with ${code} before it was ready:\n${log()}`);
}

/** A directory that is removed when the test file is done. */
export function temporaryDirectory(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'functions-host-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Starts an orchestration through the app, which uses the SDK's client; gives its id. */
export async function start(
  host: RunningHost,
  name: string,
  input?: unknown,
  id?: string,
): Promise<string> {
  const path = id === undefined ? name : `${name}/${encodeURIComponent(id)}`;
  const body = input === undefined ? null : JSON.stringify(input);
  const response = await fetch(`${host.url}/api/start/${path}`, { method: 'POST', body });
  expect(response.status).toBe(202);
  return ((await response.json()) as { id: string }).id;
}

export interface Status {
  name: string;
  instanceId: string;
  runtimeStatus: string;
  input: unknown;
  customStatus: unknown;
  output: unknown;
  createdTime: string;
  lastUpdatedTime: string;
  historyEvents?: Record<string, unknown>[];
}

/** Path of the durable API. */
export function durable(host: RunningHost, path: string): string {
  return `${host.url}/runtime/webhooks/durabletask/${path}`;
}

export async function status(host: RunningHost, id: string, query = ''): Promise<Status> {
  const response = await fetch(durable(host, `instances/${encodeURIComponent(id)}${query}`));
  return (await response.json()) as Status;
}

/** Polls until an instance is in one of the states; it may not be there yet. */
export async function until(host: RunningHost, id: string, ...states: string[]): Promise<Status> {
  const end = Date.now() + 20_000;
  for (;;) {
    const response = await fetch(durable(host, `instances/${encodeURIComponent(id)}`));
    const text = await response.text();
    const found = response.status === 404 ? undefined : (JSON.parse(text) as Status);
    if (found && states.includes(found.runtimeStatus)) return found;
    if (Date.now() > end) throw new Error(`${id} stays ${response.status} ${text}\n${host.log()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Polls until an instance has ended. */
export function untilEnd(host: RunningHost, id: string): Promise<Status> {
  return until(host, id, 'Completed', 'Failed', 'Terminated');
}

/** Starts an orchestration and waits for its end. */
export async function run(
  host: RunningHost,
  name: string,
  input?: unknown,
  id?: string,
): Promise<Status> {
  return untilEnd(host, await start(host, name, input, id));
}

export async function raise(
  host: RunningHost,
  id: string,
  name: string,
  value: unknown,
): Promise<number> {
  const response = await fetch(
    durable(host, `instances/${encodeURIComponent(id)}/raiseEvent/${name}`),
    {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(value),
    },
  );
  return response.status;
}

/** Waits until something holds. */
export async function eventually<T>(
  look: () => T | Promise<T>,
  holds: (value: T) => boolean,
): Promise<T> {
  const end = Date.now() + 20_000;
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    if (Date.now() > end) throw new Error(`Never held; last seen: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
