import { DatabaseSync } from 'node:sqlite';
import type { EventGridEvent } from './event.ts';

/** One event on its way to one subscription. Times are Unix time in ms. */
export interface QueuedDelivery {
  id: number;
  subscription: string;
  event: EventGridEvent;
  /** Attempts so far. */
  attempts: number;
  publishedAt: number;
  dueAt: number;
}

/** An event that was given up, with the fields that Event Grid adds to it. */
export type DeadLetter = EventGridEvent & {
  subscription: string;
  deadLetterReason: string;
  deliveryAttempts: number;
  lastDeliveryOutcome: string;
  publishTime: string;
  lastDeliveryAttemptTime: string;
};

export type DeliveryQueue = ReturnType<typeof openQueue>;

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS deliveries (id INTEGER PRIMARY KEY AUTOINCREMENT, subscription TEXT NOT NULL,
    event TEXT NOT NULL, attempts INTEGER NOT NULL, publishedAt INTEGER NOT NULL, dueAt INTEGER NOT NULL);
  CREATE INDEX IF NOT EXISTS due ON deliveries (subscription, dueAt, id);
  CREATE TABLE IF NOT EXISTS deadLetters (id INTEGER PRIMARY KEY AUTOINCREMENT, subscription TEXT NOT NULL,
    event TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS validated (subscription TEXT PRIMARY KEY, endpoint TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS delivered (subscription TEXT PRIMARY KEY, count INTEGER NOT NULL)`;

/** Opens the file that holds events until they are delivered or given up; what is in it survives `kill -9`. */
export function openQueue(file: string) {
  const db = new DatabaseSync(file);
  db.exec(SCHEMA);
  return { ...deliveries(db), ...deadLetters(db), ...validations(db), close: () => db.close() };
}

function deliveries(db: DatabaseSync) {
  const insert = db.prepare(
    'INSERT INTO deliveries (subscription, event, attempts, publishedAt, dueAt) VALUES (?, ?, 0, ?, ?)',
  );
  const due = db.prepare(
    'SELECT * FROM deliveries WHERE subscription = ? AND dueAt <= ? ORDER BY dueAt, id',
  );
  const next = db.prepare(
    'SELECT min(dueAt) AS at FROM deliveries WHERE subscription = ? AND dueAt > ?',
  );
  const postpone = db.prepare('UPDATE deliveries SET attempts = ?, dueAt = ? WHERE id = ?');
  const remove = db.prepare('DELETE FROM deliveries WHERE id = ?');
  const count = db.prepare(
    'INSERT INTO delivered VALUES (?, 1) ON CONFLICT DO UPDATE SET count = count + 1',
  );
  return {
    add(subscription: string, event: EventGridEvent, now: number) {
      insert.run(subscription, JSON.stringify(event), now, now);
    },
    /** At most `limit` that are due, oldest first, without those in `except`. */
    due(subscription: string, now: number, { limit, except }: Selection) {
      const found: QueuedDelivery[] = [];
      if (limit === 0) return found;
      for (const row of due.iterate(subscription, now)) {
        if (!except.has(Number(row['id']))) found.push(toDelivery(row));
        if (found.length === limit) break;
      }
      return found;
    },
    /** When the next one is due that is not due yet. */
    nextDueAfter: (subscription: string, now: number) =>
      (next.get(subscription, now)?.['at'] as number | null) ?? undefined,
    postpone: (id: number, attempts: number, dueAt: number) =>
      void postpone.run(attempts, dueAt, id),
    delivered({ id, subscription }: QueuedDelivery) {
      remove.run(id);
      count.run(subscription);
    },
    counts: () => countBySubscription(db),
  };
}

interface Selection {
  limit: number;
  except: { has(id: number): boolean };
}

function toDelivery(row: Record<string, unknown>): QueuedDelivery {
  return { ...row, event: JSON.parse(String(row['event'])) } as QueuedDelivery;
}

function countBySubscription(db: DatabaseSync) {
  const by = (sql: string) =>
    Object.fromEntries(
      db
        .prepare(sql)
        .all()
        .map((row) => [row['subscription'], Number(row['n'])]),
    );
  return {
    delivered: by('SELECT subscription, count AS n FROM delivered'),
    pending: by('SELECT subscription, count(*) AS n FROM deliveries GROUP BY subscription'),
    deadLettered: by('SELECT subscription, count(*) AS n FROM deadLetters GROUP BY subscription'),
  };
}

function deadLetters(db: DatabaseSync) {
  const insert = db.prepare('INSERT INTO deadLetters (subscription, event) VALUES (?, ?)');
  const remove = db.prepare('DELETE FROM deliveries WHERE id = ?');
  const all = db.prepare('SELECT event FROM deadLetters ORDER BY id');
  const others = db.prepare('SELECT DISTINCT subscription FROM deliveries');
  const of = db.prepare('SELECT * FROM deliveries WHERE subscription = ?');
  return {
    giveUp(delivery: QueuedDelivery, letter: DeadLetter) {
      db.exec('BEGIN');
      insert.run(delivery.subscription, JSON.stringify(letter));
      remove.run(delivery.id);
      db.exec('COMMIT');
    },
    deadLetters: () => all.all().map((row) => JSON.parse(String(row['event'])) as DeadLetter),
    /** Deliveries to subscriptions that are not among those named. */
    strays: (names: string[]) =>
      others
        .all()
        .map((row) => String(row['subscription']))
        .filter((name) => !names.includes(name))
        .flatMap((name) => of.all(name).map(toDelivery)),
  };
}

function validations(db: DatabaseSync) {
  const get = db.prepare('SELECT 1 FROM validated WHERE subscription = ? AND endpoint = ?');
  const put = db.prepare('INSERT OR REPLACE INTO validated VALUES (?, ?)');
  return {
    isValidated: (name: string, endpoint: string) => get.get(name, endpoint) !== undefined,
    validated: (name: string, endpoint: string) => void put.run(name, endpoint),
  };
}
