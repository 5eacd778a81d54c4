import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

/** Something that writes itself when the open transaction ends. */
export interface Dirty {
  save(): void;
}

/** The durable state of one data directory, held by one process at a time. */
export interface Database {
  prepare(sql: string): StatementSync;
  /** Opens the transaction that changes gather in, unless it is open. */
  begin(): void;
  /** Marks an object to be saved before the next commit. */
  changed(object: Dirty): void;
  /** Makes all changes so far durable against the end of this process. */
  commit(): void;
  close(): void;
}

/** Milliseconds that changes which no client waits for may gather before they are committed. */
const gatherMilliseconds = 5;

/** Opens (or creates) the database of a data directory; throws when another process has it. */
export function openDatabase(dataDir: string): Database {
  mkdirSync(dataDir, { recursive: true });
  const sqlite = open(dataDir);
  const dirty = new Set<Dirty>();
  let timer: NodeJS.Timeout | undefined;

  const begin = (): void => {
    if (timer !== undefined) return;
    sqlite.exec('begin');
    // An error here ends the process: what is in memory would no longer be what is stored.
    timer = setTimeout(commit, gatherMilliseconds);
  };
  const commit = (): void => {
    if (timer === undefined) return;
    for (const object of dirty) object.save();
    sqlite.exec('commit');
    clearTimeout(timer);
    timer = undefined;
    dirty.clear();
  };
  return {
    prepare: (sql) => sqlite.prepare(sql),
    begin,
    commit,
    changed(object) {
      begin();
      dirty.add(object);
    },
    close() {
      commit();
      sqlite.close();
    },
  };
}

function open(dataDir: string): DatabaseSync {
  const sqlite = new DatabaseSync(join(dataDir, 'batch.sqlite'), { timeout: 0 });
  try {
    // The exclusive lock is the lock on the data directory: the system drops it with the process, however that ends.
    sqlite.exec(
      'pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = normal;',
    );
    sqlite.exec(schema);
    return sqlite;
  } catch (error) {
    sqlite.close();
    if (!(error instanceof Error) || !/locked|busy/i.test(error.message)) throw error;
    throw new Error(
      `The data directory ${dataDir} is in use by another Batch emulator. Stop that one, or give another --data-dir.`,
      { cause: error },
    );
  }
}

const schema = `
create table if not exists pools (row integer primary key, document text not null) strict;
create table if not exists nodes (row integer primary key, pool integer not null, document text not null) strict;
create table if not exists jobs (row integer primary key, document text not null, counts text not null) strict;
create table if not exists tasks (
  seq integer primary key,
  job integer not null,
  id text not null collate nocase,
  state integer not null,
  slots integer not null,
  created integer not null,
  modified integer not null,
  stateAt integer not null,
  previousState integer,
  previousStateAt integer,
  startedAt integer,
  endedAt integer,
  exitCode integer,
  result integer,
  failure text,
  retries integer not null default 0,
  lastRetryAt integer,
  requeues integer not null default 0,
  lastRequeueAt integer,
  pool text,
  node text,
  spec text not null
) strict;
create unique index if not exists tasks_id on tasks (job, id);
create index if not exists tasks_waiting on tasks (job, slots, seq) where state = 0;
create index if not exists tasks_open on tasks (job, id) where state < 3;
create index if not exists tasks_begun on tasks (job, id) where state = 2;
create index if not exists tasks_failed on tasks (job, id) where result = 1;
pragma user_version = 1;
`;
