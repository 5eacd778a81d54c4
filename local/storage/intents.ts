import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import type { BlobWrite } from './blob-write.ts';

/** A write that was about to be forwarded. */
export interface Intent {
  /** Also its place in the order of writes, should a later one have overtaken it. */
  id: number;
  write: BlobWrite;
  eventId: string;
  clientRequestId: string | undefined;
  /** When it came, Unix time in ms. */
  at: number;
}

export type Intents = ReturnType<typeof openIntents>;

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS intents (id INTEGER PRIMARY KEY, intent TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS sequence (one INTEGER PRIMARY KEY CHECK (one = 1), born INTEGER NOT NULL,
    ceiling INTEGER NOT NULL);`;

// Numbers are set aside in blocks, so that a number costs no write; those left over at a kill are skipped.
const BLOCK = 1000;

/** Opens the journal of writes under way. What `begin` returned is found by `open` after `kill -9`, until it ends. */
export function openIntents(file: string, now: number) {
  const db = new DatabaseSync(file);
  db.exec(SCHEMA);
  const sequence = openSequence(db, now);
  const insert = db.prepare('INSERT INTO intents (id, intent) VALUES (?, ?)');
  const remove = db.prepare('DELETE FROM intents WHERE id = ?');
  const all = db.prepare('SELECT intent FROM intents ORDER BY id');
  return {
    begin(write: BlobWrite, clientRequestId: string | undefined, at: number): Intent {
      const id = sequence.next();
      const intent: Intent = { id, write, eventId: randomUUID(), clientRequestId, at };
      insert.run(intent.id, JSON.stringify(intent));
      return intent;
    },
    end: (intent: Intent) => void remove.run(intent.id),
    open: () => all.all().map((row) => JSON.parse(String(row['intent'])) as Intent),
    next: sequence.next,
    sequencer: sequence.format,
    close: () => db.close(),
  };
}

/** Numbers that only grow, over restarts too; a journal made anew begins above all that went before it. */
function openSequence(db: DatabaseSync, now: number) {
  db.prepare('INSERT OR IGNORE INTO sequence VALUES (1, ?, 0)').run(now);
  const { born, ceiling: used } = db.prepare('SELECT born, ceiling FROM sequence').get() as {
    born: number;
    ceiling: number;
  };
  const raise = db.prepare('UPDATE sequence SET ceiling = ?');
  let [last, ceiling] = [used, used];
  return {
    next() {
      if (last === ceiling) raise.run((ceiling += BLOCK));
      return ++last;
    },
    /** As Azure writes it: a string of 32 hex digits whose plain order is the order of writes to one blob. */
    format: (number: number) => hex16(born) + hex16(number),
  };
}

function hex16(number: number): string {
  return number.toString(16).toUpperCase().padStart(16, '0');
}
