import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { deserialize, serialize } from 'node:v8';
import type { LokiCollection, LokiDatabase, LokiDoc } from './azurite-internals.ts';

/** The file that Azurite's metadata is kept in. */
export interface Journal {
  attach(database: LokiDatabase): void;
  close(): void;
}

/**
 * Opens the file that every change of Azurite's in-memory databases is written to before its response leaves.
 *
 * Azurite itself writes its whole database as JSON every five seconds, so that `kill -9` loses up to five seconds of
 * acknowledged writes and each save grows with the number of blobs. Here each change is one row.
 */
export function openJournal(file: string): Journal {
  const db = new DatabaseSync(file);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  const tables = new Map<LokiCollection, Table>();
  const flush = flushInMicrotask(db, tables);
  return {
    attach(database) {
      for (const collection of database.collections) {
        const table = openTable(db, collection.name);
        restore(collection, table);
        tables.set(collection, table);
        record(collection, table, flush);
      }
    },
    close: () => db.close(),
  };
}

interface Table {
  all: StatementSync;
  put: StatementSync;
  remove: StatementSync;
  changed: Map<number, LokiDoc | null>;
}

function openTable(db: DatabaseSync, collection: string): Table {
  const name = `"${collection}"`;
  db.exec(`CREATE TABLE IF NOT EXISTS ${name} (id INTEGER PRIMARY KEY, doc BLOB NOT NULL)`);
  return {
    all: db.prepare(`SELECT id, doc FROM ${name} ORDER BY id`),
    put: db.prepare(`INSERT OR REPLACE INTO ${name} (id, doc) VALUES (?, ?)`),
    remove: db.prepare(`DELETE FROM ${name} WHERE id = ?`),
    changed: new Map(),
  };
}

function restore(collection: LokiCollection, table: Table) {
  for (const row of table.all.iterate()) {
    collection.data.push(deserialize(row.doc as Uint8Array) as LokiDoc);
    collection.maxId = row.id as number;
  }
  collection.idIndex = null;
  collection.ensureId();
  for (const field of collection.uniqueNames) collection.ensureUniqueIndex(field);
  for (const field of Object.keys(collection.binaryIndices)) collection.ensureIndex(field, true);
}

function record(collection: LokiCollection, table: Table, flush: () => void) {
  const changed = (gone: boolean) => (docs: LokiDoc | LokiDoc[]) => {
    for (const doc of [docs].flat()) table.changed.set(doc.$loki, gone ? null : doc);
    flush();
  };
  collection.on('insert', changed(false));
  collection.on('update', changed(false));
  collection.on('delete', changed(true));
}

/**
 * Azurite changes its collections in one synchronous stretch and answers in a later promise turn: a microtask asked for
 * at the first change runs between the two. What changes together is one transaction. If it fails (disk full), the
 * process ends, so that nothing is acknowledged that is not kept.
 */
function flushInMicrotask(db: DatabaseSync, tables: Map<LokiCollection, Table>) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    queueMicrotask(() => {
      asked = false;
      try {
        db.exec('BEGIN');
        for (const table of tables.values()) writeChanges(table);
        db.exec('COMMIT');
      } catch (error) {
        endUnkept(error);
      }
    });
  };
}

function endUnkept(error: unknown): never {
  process.stderr.write(
    `Storage cannot keep a write (${String(error)}), so it ends rather than acknowledge it. Is its disk full? Make room.\n`,
  );
  process.exit(1);
}

function writeChanges({ changed, put, remove }: Table) {
  for (const [id, doc] of changed) {
    if (doc) put.run(id, serialize(doc));
    else remove.run(id);
  }
  changed.clear();
}
