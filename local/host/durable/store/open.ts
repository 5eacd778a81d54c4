import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HostError } from '../../app/errors.ts';

/** The layout below; a data directory with another one is refused. */
export const schemaVersion = 1;

/** An open data directory, held by this process alone. */
export interface DataDirectory {
  db: DatabaseSync;
  close(): void;
}

/** Opens a data directory and locks it until closed; the lock dies with the process. */
export function openDataDirectory(directory: string): DataDirectory {
  mkdirSync(directory, { recursive: true });
  const lock = lockDirectory(directory);
  try {
    const db = new DatabaseSync(databasePath(directory));
    db.exec(pragmas);
    prepareSchema(db, directory);
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

// A file of its own: the state itself stays readable to others while the host runs.
function lockDirectory(directory: string): DatabaseSync {
  const lock = new DatabaseSync(join(directory, 'host.lock'));
  try {
    lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    return lock;
  } catch (cause) {
    lock.close();
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

function prepareSchema(db: DatabaseSync, directory: string): void {
  const found = db.prepare('PRAGMA user_version').get()?.['user_version'];
  if (found === schemaVersion) return;
  if (found !== 0) {
    db.close();
    throw new HostError(
      `The data directory ${directory} has schema version ${found}; this host knows ${schemaVersion}. ` +
        'Delete the directory, or use the version of the host that wrote it.',
    );
  }
  db.exec(`BEGIN; ${schema}; PRAGMA user_version = ${schemaVersion}; COMMIT`);
}

const schema = `
  CREATE TABLE instances (
    instance_id TEXT PRIMARY KEY, execution_id TEXT NOT NULL, generation INTEGER NOT NULL,
    name TEXT NOT NULL, version TEXT, status TEXT NOT NULL, input TEXT NOT NULL, output TEXT,
    custom_status TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, parent TEXT
  ) WITHOUT ROWID;
  CREATE INDEX instances_by_status ON instances (status, created_at);
  CREATE TABLE history (
    instance_id TEXT NOT NULL, generation INTEGER NOT NULL, seq INTEGER NOT NULL, event TEXT NOT NULL,
    PRIMARY KEY (instance_id, generation, seq)
  ) WITHOUT ROWID;
  CREATE TABLE inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, execution_id TEXT, event TEXT NOT NULL
  );
  CREATE INDEX inbox_by_instance ON inbox (instance_id, id);
  CREATE TABLE activities (
    instance_id TEXT NOT NULL, execution_id TEXT NOT NULL, task_id INTEGER NOT NULL,
    name TEXT NOT NULL, input TEXT,
    PRIMARY KEY (instance_id, execution_id, task_id)
  ) WITHOUT ROWID;
  CREATE TABLE timers (
    instance_id TEXT NOT NULL, execution_id TEXT NOT NULL, task_id INTEGER NOT NULL,
    fire_at INTEGER NOT NULL,
    PRIMARY KEY (instance_id, execution_id, task_id)
  ) WITHOUT ROWID;
  CREATE INDEX timers_by_time ON timers (fire_at);
  CREATE TABLE schedules (name TEXT PRIMARY KEY, status TEXT NOT NULL) WITHOUT ROWID`;
