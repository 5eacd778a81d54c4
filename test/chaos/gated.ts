import { rmSync } from 'node:fs';
import { appSettings, dropSubscription } from '../../cli/stack/launch.ts';
import { ACCOUNTS } from '../../local/stack/accounts.ts';
import type { PartName } from '../../local/stack/parts.ts';
import { startStack } from '../../local/stack/stack.ts';
import { connect, getJson, type Sluice, temporaryFolder } from '../e2e/harness.ts';
import { spawnBatch } from '../local/batch/process.ts';
import { type Gate, openGate } from './gate.ts';

/** A stack whose app reaches storage and Batch through gates. */
export interface Gated extends Sluice {
  storageGate: Gate;
  batchGate: Gate;
  /** Looks after everything at once, as the timer does each minute; tells what it did. */
  sweep(): Promise<string[]>;
  /** An operation on a durable instance: terminate, suspend, purge. */
  instance(id: string, operation: 'terminate' | 'suspend' | 'purge'): Promise<void>;
  /** Sets what goes wrong in Batch. */
  setFaults(knobs: object): Promise<void>;
  /** Has something happen to a node that works. */
  befall(pool: string, node: string, event: 'preempt' | 'fail' | 'spoil'): Promise<void>;
  log: string[];
  /** The process of a part that runs now. */
  pidOf(part: PartName): number;
}

export interface GatedOptions {
  settings?: Record<string, string>;
  /** What goes wrong in Batch at first, as the emulator's `PUT /_emulator/faults` takes it. */
  faults?: object;
  /** What tasks do instead of running, as `PUT /_emulator/tasks` takes it. */
  simulation?: object;
  /** Whether time in Batch moves on to what is next, so that hours pass in seconds. */
  virtualTime?: boolean;
}

export async function startGated(options: GatedOptions = {}): Promise<Gated> {
  const dataDir = temporaryFolder();
  const started: (() => Promise<unknown>)[] = [
    async () => rmSync(dataDir, { recursive: true, force: true }),
  ];
  const close = async (): Promise<void> => {
    for (const end of started.toReversed()) await end();
  };
  try {
    return { ...(await startParts(options, dataDir, started)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startParts(
  { settings, faults = {}, simulation = { tasks: [] }, virtualTime = false }: GatedOptions,
  dataDir: string,
  started: (() => Promise<unknown>)[],
): Promise<Omit<Gated, 'close'>> {
  const { name, key } = ACCOUNTS.batch;
  // In place of the stack's own: one whose faults can be set.
  const flags = ['--admin', `--account=${name}`, `--key=${key}`];
  if (virtualTime) flags.push('--virtual-time');
  const emulator = await spawnBatch(`${dataDir}/faulty`, flags);
  started.push(() => emulator.end('SIGTERM'));
  const admin = administer(emulator.url);
  await admin('PUT', 'faults', faults);
  await admin('PUT', 'tasks', simulation);
  const targets = { blob: '', batch: emulator.url };
  const storageGate = await openGate(() => targets.blob);
  const batchGate = await openGate(() => targets.batch);
  started.push(storageGate.close, batchGate.close);
  const log: string[] = [];
  const stack = await startStack({
    dataDir,
    appDir: process.cwd(),
    functions: 'functions/*.ts',
    log: (line) => log.push(line),
    settings(urls) {
      targets.blob = urls.blob;
      return {
        ...appSettings({
          ...urls,
          blob: storageGate.url + new URL(urls.blob).pathname,
          batch: batchGate.url,
        }),
        ...settings,
      };
    },
    subscriptions: (urls) => [dropSubscription(urls)],
  });
  started.push(stack.close);
  return {
    ...connect({ ...stack.urls, batch: emulator.url }, dataDir),
    setFaults: (knobs) => admin('PUT', 'faults', knobs),
    befall: (poolId, nodeId, event) => admin('POST', 'nodes', { poolId, nodeId, event }),
    storageGate,
    batchGate,
    log,
    pidOf: (part) => stack.processes.find((each) => each.name === part)!.pid,
    sweep: async () => (await post<{ value: string[] }>(`${stack.urls.api}/sweep`)).value,
    instance: (id, operation) => onInstance(stack.urls.host, id, operation),
  };
}

function administer(url: string) {
  return async (method: string, path: string, body: object): Promise<void> => {
    const headers = { 'content-type': 'application/json' };
    const init = { method, headers, body: JSON.stringify(body) };
    const response = await fetch(`${url}/_emulator/${path}`, init);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  };
}

/**
 * Starts one run over files, whatever their events do: the pipeline must match none of them. Fails unless it is a new
 * one.
 */
export async function runOver(
  sluice: Gated,
  pipeline: string,
  files: Record<string, string>,
): Promise<void> {
  await sluice.drop(pipeline, files);
  const body = JSON.stringify({ pipeline, inputs: Object.keys(files) });
  const response = await fetch(`${sluice.urls.api}/runs`, { method: 'POST', body });
  if (response.status !== 201) throw new Error(`POST runs: ${await response.text()}`);
}

export async function post<T>(url: string): Promise<T> {
  const response = await fetch(url, { method: 'POST' });
  if (!response.ok) throw new Error(`POST ${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

async function onInstance(host: string, id: string, operation: string): Promise<void> {
  const url = `${host}/runtime/webhooks/durabletask/instances/${id}`;
  const response =
    operation === 'purge'
      ? await fetch(url, { method: 'DELETE' })
      : await fetch(`${url}/${operation}?reason=chaos`, { method: 'POST' });
  if (!response.ok) throw new Error(`${operation} ${id}: ${response.status}`);
}

/** What the platform says of a durable instance. */
export async function instanceStatus(host: string, id: string): Promise<string> {
  const url = `${host}/runtime/webhooks/durabletask/instances/${id}`;
  return (await getJson<{ runtimeStatus: string }>(url)).runtimeStatus;
}
