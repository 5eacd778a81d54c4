import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account, Delays } from './account.ts';
import type { Controls } from './controls.ts';
import { createLauncher } from './node/launcher.ts';
import { createSchedule } from './schedule/schedule.ts';
import { endRun } from './schedule/start-task.ts';
import { openDatabase } from './store/database.ts';
import { StorageError } from './store/failure.ts';
import { openLastStamp } from './store/last-stamp.ts';
import { openLiveStore } from './store/live.ts';
import { openTaskTable } from './store/tasks.ts';
import type { Clock, ClockOptions } from './time/clock.ts';

/** What an account is opened with. */
export interface AccountOptions {
  name: string;
  url: string;
  dataDir: string;
  delays: Delays;
  controls: Controls;
  maxTaskProcesses: number;
  /** Makes the clock, which goes on after the last stamp in the data directory. */
  createClock: (options: Required<Pick<ClockOptions, 'after' | 'onError'>>) => Clock;
  /** Called once, when the store can no longer be written; the account is of no use then but to be closed. */
  failed: (error: StorageError) => void;
  log: (message: string) => void;
}

/** Opens what a data directory holds; nothing moves yet. Throws StorageError when it cannot be used. */
export async function openAccount(options: AccountOptions): Promise<Account> {
  let beforeCommit = (): void => undefined;
  const db = openDatabase(options.dataDir, {
    failed: options.failed,
    commit: (when) => {
      if (when === 'before') beforeCommit();
      options.controls.faults.onCommit(when);
    },
  });
  try {
    const lastStamp = openLastStamp(db);
    const clock = options.createClock({
      after: lastStamp.read(),
      onError: (error) => logUnlessKnown(options.log, error),
    });
    beforeCommit = () => lastStamp.save(clock.stamp());
    // Tasks are known by their directories, so there must be one spelling of them.
    const dataDir = await realpath(options.dataDir);
    return makeAccount(options, { db, clock, dataDir });
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Ends what runs, with all its processes, and lets go of the data directory. */
export async function closeAccount(account: Account): Promise<void> {
  account.closing = true;
  account.clock.close();
  const nodes = [...account.pools.values()].flatMap((pool) => [...pool.nodes.values()]);
  const runs = nodes.flatMap((node) => [...node.runs]);
  for (const run of runs) endRun(run, 'shutdown');
  await Promise.all(runs.map((run) => run.done));
  account.launcher.close();
  account.db.close();
}

function makeAccount(
  { name, url, delays, controls, maxTaskProcesses, log }: AccountOptions,
  { db, clock, dataDir }: Pick<Account, 'db' | 'clock' | 'dataDir'>,
): Account {
  const account: Account = {
    name,
    url,
    dataDir,
    clock,
    delays,
    controls,
    maxTaskProcesses,
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

function logUnlessKnown(log: (message: string) => void, error: unknown): void {
  // A failed store is told once, by whoever opened the account.
  if (error instanceof StorageError) return;
  log(error instanceof Error ? (error.stack ?? error.message) : String(error));
}
