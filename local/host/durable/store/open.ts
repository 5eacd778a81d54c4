import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HostError, messageOf } from '../../app/errors.ts';
import { asDiskTrouble } from './disk-trouble.ts';
import { schemaSteps, schemaVersion } from './schema.ts';

/** An open data directory, held by this process alone. */
export interface DataDirectory {
  db: DatabaseSync;
  close(): void;
}

/**
 * Opens a data directory and locks it until closed; the lock dies with the process. Brings an older
 * layout up to date. Throws a HostError for a directory that is in use, or that it cannot read.
 */
export function openDataDirectory(directory: string): DataDirectory {
  makeDirectory(directory);
  const lock = lockDirectory(directory);
  try {
    const db = openDatabase(databasePath(directory));
    return {
      db,
      close() {
        db.close();
        lock.close();
      },
    };
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** Where the state of a data directory lies. */
export function databasePath(directory: string): string {
  return join(directory, 'host.sqlite');
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (cause) {
    throw new HostError(
      `Cannot make the data directory ${directory}: ${messageOf(cause)}. Pass another --data-dir.`,
      { cause },
    );
  }
}

// Primary result codes of SQLite.
const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

// A file of its own: the state itself stays readable to others while the host runs.
function lockDirectory(directory: string): DatabaseSync {
  const path = join(directory, 'host.lock');
  const lock = openFile(path);
  try {
    lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    return lock;
  } catch (cause) {
    lock.close();
    if (codeOf(cause) !== SQLITE_BUSY) throw unreadable(path, cause);
    throw new HostError(
      `The data directory ${directory} is in use by another Functions host. ` +
        'Stop that one, or pass another --data-dir.',
      { cause },
    );
  }
}

// Nothing is synced to disk at a commit: what is committed outlives the process, though not a power
// cut. Moving the log into the database less often than usual makes commits cheaper.
const pragmas = `
  PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;
  PRAGMA wal_autocheckpoint = 8000`;

function openDatabase(path: string): DatabaseSync {
  const db = openFile(path);
  try {
    db.exec(pragmas);
    prepareSchema(db, path);
    return db;
  } catch (error) {
    db.close();
    throw error instanceof HostError ? error : unreadable(path, error);
  }
}

function openFile(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function prepareSchema(db: DatabaseSync, path: string): void {
  const found = Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
  if (found === schemaVersion) return;
  if (found > schemaVersion) {
    throw new HostError(
      `${path} has schema version ${found}; this host knows ${schemaVersion}. ` +
        'Use the version of the host that wrote it, or pass another --data-dir.',
    );
  }
  if (found < 1 && db.prepare('SELECT 1 FROM sqlite_schema').get()) {
    throw new HostError(
      `${path} is a database, but not one of a Functions host. Pass another --data-dir.`,
    );
  }
  const steps = schemaSteps.slice(found).join(';');
  db.exec(`BEGIN; ${steps}; PRAGMA user_version = ${schemaVersion}; COMMIT`);
}

function unreadable(path: string, error: unknown): unknown {
  const known = asDiskTrouble(error, path);
  if (known !== error) return known;
  const isForeign = [SQLITE_NOTADB, SQLITE_CORRUPT].includes(codeOf(error));
  const reason = isForeign ? 'it is damaged, or no database' : messageOf(error);
  return new HostError(
    `Cannot open ${path}: ${reason}. Move the file away to begin afresh, or pass another --data-dir.`,
    { cause: error },
  );
}

function codeOf(error: unknown): number {
  return ((error as { errcode?: number }).errcode ?? 0) & 0xff;
}
