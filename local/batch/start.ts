import { mkdir, realpath } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defaultAccount, defaultKey, type Account, type Delays } from './account.ts';
import { createLauncher } from './node/launcher.ts';
import { createHandlers } from './operations/handlers.ts';
import { recover } from './recover.ts';
import { createSchedule } from './schedule/schedule.ts';
import { endRun } from './schedule/start-task.ts';
import { openDatabase } from './store/database.ts';
import { openLiveStore } from './store/live.ts';
import { openTaskTable } from './store/tasks.ts';
import { createClock } from './time/stamp.ts';
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

/** Starts an emulated Batch account on 127.0.0.1; rejects when its data directory is in use or the port is taken. */
export async function startBatchEmulator(options: BatchEmulatorOptions): Promise<BatchEmulator> {
  const credentials = {
    account: options.account ?? defaultAccount,
    key: options.key ?? defaultKey,
  };
  const account = await openAccount(options, credentials.account);
  const { clock, log } = account;
  const server = createWireServer({
    credentials,
    handlers: createHandlers(account),
    counts: createRequestCounts(),
    clock,
    log,
  });
  try {
    account.url = await listen(server, options.port ?? 0);
    await recover(account);
  } catch (error) {
    account.db.close();
    server.close();
    throw error;
  }
  return { url: account.url, ...credentials, close: once(() => close(account, server)) };
}

const defaultDelays: Delays = { allocation: 20, creating: 20, starting: 20 };

async function openAccount(options: BatchEmulatorOptions, name: string): Promise<Account> {
  await mkdir(options.dataDir, { recursive: true });
  // Tasks are known by their directories, so there must be one spelling of them.
  const dataDir = await realpath(options.dataDir);
  const log = options.log ?? ((message: string) => void process.stderr.write(`${message}\n`));
  const db = openDatabase(dataDir);
  const account: Account = {
    name,
    url: '',
    dataDir,
    clock: createClock(options.now),
    delays: { ...defaultDelays, ...options.delays },
    maxTaskProcesses: options.maxTaskProcesses ?? 2 * availableParallelism(),
    db,
    tasks: openTaskTable(db),
    live: openLiveStore(db, dataDir),
    launcher: createLauncher(join(dataDir, 'launch'), join(dataDir, 'nodes')),
    pools: new Map(),
    jobs: new Map(),
    runs: new Map(),
    schedule: () => undefined,
    closing: false,
    log,
  };
  account.schedule = createSchedule(account);
  account.live.load(account);
  return account;
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

async function close(account: Account, server: Server): Promise<void> {
  account.closing = true;
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  for (const pool of account.pools.values()) pool.cancel?.();
  for (const job of account.jobs.values()) job.cancelLimit?.();
  const runs = [...account.runs.values()];
  for (const run of runs) endRun(run, 'shutdown');
  await Promise.all([closed, ...runs.map((run) => run.done)]);
  account.launcher.close();
  account.db.close();
}

function once(action: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined;
  return () => (result ??= action());
}
