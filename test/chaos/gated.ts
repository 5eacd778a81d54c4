import { rmSync } from 'node:fs';
import { appSettings, dropSubscription } from '../../cli/stack/launch.ts';
import { startStack } from '../../local/stack/stack.ts';
import { connect, getJson, type Sluice, temporaryFolder } from '../e2e/harness.ts';
import { type Gate, openGate } from './gate.ts';

/** A stack whose app reaches storage and Batch through gates. */
export interface Gated extends Sluice {
  storageGate: Gate;
  batchGate: Gate;
  /** Looks after everything at once, as the timer does each minute; tells what it did. */
  sweep(): Promise<string[]>;
  /** An operation on a durable instance: terminate, suspend, purge. */
  instance(id: string, operation: 'terminate' | 'suspend' | 'purge'): Promise<void>;
  log: string[];
}

export async function startGated(settings: Record<string, string> = {}): Promise<Gated> {
  const dataDir = temporaryFolder();
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
      Object.assign(targets, { blob: urls.blob, batch: urls.batch });
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
  return {
    ...connect(stack.urls, dataDir),
    storageGate,
    batchGate,
    log,
    sweep: async () => (await post<{ value: string[] }>(`${stack.urls.api}/sweep`)).value,
    instance: (id, operation) => onInstance(stack.urls.host, id, operation),
    async close() {
      await stack.close();
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
