import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account, Activity, Delays } from './account.ts';
import type { Controls } from './controls.ts';
import { createLauncher } from './node/launcher.ts';
import { createSchedule } from './schedule/schedule.ts';
import { jobEnded } from './job-schedule/job-ended.ts';
import { endRun } from './schedule/end-run.ts';
import { openApplicationStore } from './application/store.ts';
import { openDatabase } from './store/database.ts';
import { openDependencies } from './store/dependencies.ts';
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
  const activities = activitiesOf(account);
  for (const { abort } of activities) abort.abort();
  await Promise.all([...runs, ...activities].map(({ done }) => done));
  account.launcher.close();
  account.db.close();
}

/** What goes on besides tasks. */
function activitiesOf(account: Account): Activity[] {
  const nodes = [...account.pools.values()].flatMap((pool) => [...pool.nodes.values()]);
  const jobNodes = [...account.jobs.values()].flatMap((job) => [...job.nodes.values()]);
  return [
    ...nodes.map((node) => node.activity),
    ...jobNodes.flatMap(({ preparing, releasing }) => [preparing, releasing]),
  ].filter((activity) => activity !== undefined);
}

function makeAccount(
  { name, url, delays, controls, maxTaskProcesses, log }: AccountOptions,
  { db, clock, dataDir }: Pick<Account, 'db' | 'clock' | 'dataDir'>,
): Account {
  const tasks = openTaskTable(db);
  const account: Account = {
    name,
    url,
    dataDir,
    clock,
    delays,
    controls,
    maxTaskProcesses,
    db,
    tasks,
    dependencies: openDependencies(db, tasks),
    applications: openApplicationStore(db, dataDir),
    live: openLiveStore(db, dataDir),
    launcher: createLauncher(join(dataDir, 'launch'), join(dataDir, 'nodes')),
    pools: new Map(),
    jobs: new Map(),
    jobSchedules: new Map(),
    runs: new Map(),
    lostOnce: new Set(),
    schedule: () => undefined,
    jobEnded: (job) => jobEnded(account, job),
    retention: undefined,
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
