import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  DatabaseSync,
  type SQLInputValue,
  type SQLOutputValue,
  type StatementResultingChanges,
  type StatementSync,
} from 'node:sqlite';
import { startTimer } from '../time/timer.ts';
import { isLocked, isStorageFailure, StorageError, storageError } from './failure.ts';

/** Something that writes itself when the open transaction ends. */
export interface Dirty {
  save(): void;
}

/** A row as it is read. */
export type Row = Record<string, SQLOutputValue>;

/** A prepared statement; throws StorageError when the store fails. */
export interface Statement {
  run(...values: SQLInputValue[]): StatementResultingChanges;
  get(...values: SQLInputValue[]): Row | undefined;
  all(...values: SQLInputValue[]): Row[];
}

/** The durable state of one data directory, held by one process at a time. */
export interface Database {
  prepare(sql: string): Statement;
  /** Opens the transaction that changes gather in, unless it is open. */
  begin(): void;
  /** Marks an object to be saved before the next commit. */
  changed(object: Dirty): void;
  /** Makes all changes so far durable against the end of this process. */
  commit(): void;
  /** Commits, unless the store has failed, and lets go of the data directory. */
  close(): void;
}

/** Who hears of what a database does. */
export interface DatabaseEvents {
  /** Called once, when a write has failed: memory and disk differ from now on, and every later call throws. */
  failed: (error: StorageError) => void;
  /** Called right before and after each transaction is committed. */
  commit?: (when: 'before' | 'after') => void;
}

/** Milliseconds that changes which no client waits for may gather before they are committed. */
const gatherMilliseconds = 50;

/** Opens (or creates) the database of a data directory; throws StorageError when it cannot, also when another process has it. */
export function openDatabase(dataDir: string, events: DatabaseEvents): Database {
  const sqlite = open(dataDir);
  const store = new Store(sqlite, dataDir, events);
  return {
    prepare: (sql) => store.prepare(sql),
    begin: () => store.begin(),
    commit: () => store.commit(),
    changed: (object) => store.changed(object),
    close: () => store.close(),
  };
}

class Store {
  readonly #sqlite: DatabaseSync;
  readonly #dataDir: string;
  readonly #events: DatabaseEvents;
  readonly #dirty = new Set<Dirty>();
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  #cancel: (() => void) | undefined;
  #failure: StorageError | undefined;

  constructor(sqlite: DatabaseSync, dataDir: string, events: DatabaseEvents) {
    this.#sqlite = sqlite;
    this.#dataDir = dataDir;
    this.#events = events;
    this.#begin = sqlite.prepare('begin');
    this.#commit = sqlite.prepare('commit');
  }

  prepare(sql: string): Statement {
    const statement = this.#sqlite.prepare(sql);
    // The objects that SQLite's binding makes are slow to make and slow to read: arrays halve the time of a long list.
    statement.setReturnArrays(true);
    const names = statement.columns().map(({ name }) => name);
    return {
      run: (...values) => this.#guard(() => statement.run(...values)),
      get: (...values) => {
        const found: unknown = this.#guard(() => statement.get(...values), isStorageFailure);
        return found === undefined ? undefined : rowOf(names, found as SQLOutputValue[]);
      },
      all: (...values) => {
        const found: unknown = this.#guard(() => statement.all(...values), isStorageFailure);
        return (found as SQLOutputValue[][]).map((row) => rowOf(names, row));
      },
    };
  }

  begin(): void {
    if (this.#cancel !== undefined) return;
    this.#guard(() => this.#begin.run());
    this.#cancel = startTimer(gatherMilliseconds, () => {
      try {
        this.commit();
      } catch (error) {
        // Whom it concerns has heard of it.
        if (!(error instanceof StorageError)) throw error;
      }
    });
  }

  changed(object: Dirty): void {
    this.begin();
    this.#dirty.add(object);
  }

  commit(): void {
    if (this.#cancel === undefined) return;
    for (const object of this.#dirty) object.save();
    this.#events.commit?.('before');
    this.#guard(() => this.#commit.run());
    this.#events.commit?.('after');
    this.#cancel();
    this.#cancel = undefined;
    this.#dirty.clear();
  }

  close(): void {
    if (this.#failure === undefined) this.commit();
    this.#cancel?.();
    this.#sqlite.close();
  }

  /** Any write that fails leaves memory ahead of the disk; of reads only those matter that the disk is to blame for. */
  #guard<T>(action: () => T, matters: (error: unknown) => boolean = () => true): T {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return action();
    } catch (error) {
      if (!matters(error)) throw error;
      this.#failure = storageError(this.#dataDir, error);
      this.#cancel?.();
      this.#events.failed(this.#failure);
      throw this.#failure;
    }
  }
}

function rowOf(names: readonly string[], values: readonly SQLOutputValue[]): Row {
  const row: Row = {};
  for (let index = 0; index < names.length; index++) {
    row[names[index] ?? ''] = values[index] ?? null;
  }
  return row;
}

function open(dataDir: string): DatabaseSync {
  let sqlite: DatabaseSync | undefined;
  try {
    mkdirSync(dataDir, { recursive: true });
    sqlite = new DatabaseSync(join(dataDir, 'batch.sqlite'), { timeout: 0 });
    // The exclusive lock is the lock on the data directory: the system drops it with the process, however that ends.
    sqlite.exec(
      'pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = normal; pragma wal_autocheckpoint = 8000; pragma cache_size = -16000;',
    );
    requireVersion(sqlite, dataDir);
    sqlite.exec(`begin immediate; ${schema} pragma user_version = ${schemaVersion}; commit;`);
    return sqlite;
  } catch (error) {
    sqlite?.close();
    throw openError(dataDir, error);
  }
}

function requireVersion(sqlite: DatabaseSync, dataDir: string): void {
  const version = Number(sqlite.prepare('pragma user_version').get()?.user_version);
  if (version === 0 || version === schemaVersion) return;
  throw new StorageError(
    `The data directory ${dataDir} was written by another version of the emulator (layout ${version}, this one has ${schemaVersion}). Start with an empty directory.`,
  );
}

function openError(dataDir: string, error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  if (isLocked(error)) {
    return new StorageError(
      `The data directory ${dataDir} is in use by another Batch emulator. Stop that one, or give another --data-dir.`,
      { cause: error },
    );
  }
  if (error instanceof Error && 'syscall' in error) {
    return new StorageError(
      `The data directory ${dataDir} cannot be used: ${error.message}. Give a directory that this user may write to.`,
      { cause: error },
    );
  }
  return storageError(dataDir, error);
}

/** Of the layout of the tables. */
const schemaVersion = 3;

const schema = `
create table if not exists settings (name text primary key, value any not null) strict;
create table if not exists pools (row integer primary key, document text not null) strict;
create table if not exists nodes (row integer primary key, pool integer not null, document text not null) strict;
create table if not exists jobs (row integer primary key, document text not null, counts text not null) strict;
create table if not exists job_nodes (row integer primary key, job integer not null, document text not null) strict;
create table if not exists job_schedules (row integer primary key, document text not null) strict;
create table if not exists dependencies (
  job integer not null, parent text not null collate nocase, child integer not null, primary key (job, parent, child)
) strict, without rowid;
create index if not exists dependencies_child on dependencies (child);
create table if not exists dependency_ranges (
  job integer not null, first integer not null, last integer not null, child integer not null
) strict;
create index if not exists dependency_ranges_job on dependency_ranges (job, first);
create index if not exists dependency_ranges_child on dependency_ranges (child);
create table if not exists satisfied_numbers (
  job integer not null, number integer not null, primary key (job, number)
) strict, without rowid;
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
  earlierWall integer not null default 0,
  requeues integer not null default 0,
  lastRequeueAt integer,
  pool text,
  node text,
  waits integer not null default 0,
  satisfied integer,
  expires integer,
  spec text not null
) strict;
create unique index if not exists tasks_id on tasks (job, id);
create index if not exists tasks_waiting on tasks (job, slots, seq) where state = 0 and waits = 0;
create index if not exists tasks_blocked on tasks (job) where state = 0 and waits > 0;
create index if not exists tasks_expiring on tasks (expires) where expires is not null;
create index if not exists tasks_open on tasks (job, id) where state < 3;
create index if not exists tasks_begun on tasks (job, id) where state = 2;
create index if not exists tasks_failed on tasks (job, id) where result = 1;
`;
