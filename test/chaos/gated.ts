import { rmSync } from 'node:fs';
import { appSettings, dropSubscription } from '../../cli/stack/launch.ts';
import { ACCOUNTS } from '../../local/stack/accounts.ts';
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
}

export interface GatedOptions {
  settings?: Record<string, string>;
  /** What goes wrong in Batch at first, as the emulator's `PUT /_emulator/faults` takes it. */
  faults?: object;
}

export async function startGated({ settings, faults }: GatedOptions = {}): Promise<Gated> {
  const dataDir = temporaryFolder();
  const { name, key } = ACCOUNTS.batch;
  // In place of the stack's own: one whose faults can be set.
  const flags = ['--admin', `--account=${name}`, `--key=${key}`];
  const emulator = await spawnBatch(`${dataDir}/faulty`, flags);
  const targets = { blob: '', batch: '' };
  const storageGate = await openGate(() => targets.blob);
  const batchGate = await openGate(() => targets.batch);
  const log: string[] = [];
  const stack = await startStack({
    dataDir,
    appDir: process.cwd(),
    functions: 'functions/*.ts',
    log: (line) => log.push(line),
    settings(urls) {
      Object.assign(targets, { blob: urls.blob, batch: emulator.url });
      const account = new URL(urls.blob).pathname;
      return {
        ...appSettings(urls),
        SLUICE_STORAGE_URL: storageGate.url + account,
        SLUICE_BATCH_URL: batchGate.url,
        ...settings,
      };
    },
    subscriptions: (urls) => [dropSubscription(urls)],
  });
  const admin = async (method: string, path: string, body: object): Promise<void> => {
    const url = `${emulator.url}/_emulator/${path}`;
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  };
  const setFaults = (knobs: object): Promise<void> => admin('PUT', 'faults', knobs);
  if (faults) await setFaults(faults);
  return {
    ...connect({ ...stack.urls, batch: emulator.url }, dataDir),
    setFaults,
    befall: (poolId, nodeId, event) => admin('POST', 'nodes', { poolId, nodeId, event }),
    storageGate,
    batchGate,
    log,
    sweep: async () => (await post<{ value: string[] }>(`${stack.urls.api}/sweep`)).value,
    instance: (id, operation) => onInstance(stack.urls.host, id, operation),
    async close() {
      await stack.close();
      await emulator.end('SIGTERM');
      await storageGate.close();
      await batchGate.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
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
