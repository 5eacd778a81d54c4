import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { availableParallelism } from 'node:os';
import { defaultAccount, defaultKey, type Delays } from './account.ts';
import type { AccountOptions } from './open-account.ts';
import { refuseAll, startService, type Service } from './service.ts';
import { createClock, machineStamp } from './time/clock.ts';
import { createRequestCounts } from './wire/request-counts.ts';
import { createWireServer } from './wire/server.ts';

/** How the emulator is started; only the data directory is needed. */
export interface BatchEmulatorOptions {
  dataDir: string;
  /** 0, the default, takes a free one. */
  port?: number;
  account?: string;
  /** Base64. */
  key?: string;
  /** How many tasks may run at once on all nodes together; twice the number of cores by default. */
  maxTaskProcesses?: number;
  /** Milliseconds that allocation and a node's states take. */
  delays?: Partial<Delays>;
  /** Milliseconds since 1970. */
  now?: () => number;
  log?: (message: string) => void;
}

/** A running emulator. */
export interface BatchEmulator {
  url: string;
  account: string;
  key: string;
  /** Ends all tasks' processes and the server; tasks that ran start again after the next start. */
  close(): Promise<void>;
}

/** Starts an emulated Batch account on 127.0.0.1; rejects when its data directory cannot be used or the port is taken. */
export async function startBatchEmulator(options: BatchEmulatorOptions): Promise<BatchEmulator> {
  const credentials = {
    account: options.account ?? defaultAccount,
    key: options.key ?? defaultKey,
  };
  const log = options.log ?? ((message: string) => void process.stderr.write(`${message}\n`));
  const starting = refuseAll('The emulator is starting.');
  let service: Service | undefined;
  const server = createWireServer({
    credentials,
    handlers: () => service?.handlers() ?? starting,
    counts: createRequestCounts(),
    now: () => service?.account()?.clock.stamp() ?? machineStamp(),
    log,
  });
  const url = await listen(server, options.port ?? 0);
  try {
    service = await startService(serviceOptions(options, { name: credentials.account, url, log }));
  } catch (error) {
    server.close();
    throw error;
  }
  const running = service;
  return { url, ...credentials, close: once(() => stop(server, running)) };
}

const defaultDelays: Delays = { allocation: 20, creating: 20, starting: 20 };

function serviceOptions(
  options: BatchEmulatorOptions,
  others: Pick<AccountOptions, 'name' | 'url' | 'log'>,
): Omit<AccountOptions, 'failed'> {
  return {
    ...others,
    dataDir: options.dataDir,
    delays: { ...defaultDelays, ...options.delays },
    maxTaskProcesses: options.maxTaskProcesses ?? 2 * availableParallelism(),
    createClock: (start) => createClock({ now: options.now, ...start }),
  };
}

function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}

async function stop(server: Server, service: Service): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await Promise.all([closed, service.close()]);
}

function once(action: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined;
  return () => (result ??= action());
}
