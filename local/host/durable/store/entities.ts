import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { EntityMessage } from '../entities/messages.ts';

/** An entity that exists; `id` is its scheduler id. */
export interface EntityState {
  id: string;
  /** A JSON text; null when it has set none. */
  state: string | null;
  /** Milliseconds since 1970. */
  lastOperationAt: number;
}

/** A message that waits for its entity. */
export interface EntityInboxEntry {
  id: number;
  message: EntityMessage;
}

/** Which entities to list; times are milliseconds since 1970. */
export interface EntityFilter {
  /** `@name@`, the beginning of the ids wanted. */
  prefix?: string | undefined;
  from?: number | undefined;
  to?: number | undefined;
  /** Only entities whose id sorts after this one. */
  after?: string | undefined;
  limit: number;
}

export interface EntityRows {
  get(id: string): EntityState | undefined;
  put(entity: EntityState): void;
  remove(id: string): void;
  /** In the order of their ids. */
  list(filter: EntityFilter): EntityState[];
  send(id: string, message: EntityMessage): void;
  /** At most `limit` messages of one entity, in the order they came. */
  inbox(id: string, limit: number): EntityInboxEntry[];
  removeEntry(id: number): void;
  /** Ids of entities that have messages waiting. */
  waiting(): string[];
}

/** The rows of tables `entities` and `entity_inbox`. */
export function entityRows(db: DatabaseSync): EntityRows {
  const get = db.prepare('SELECT * FROM entities WHERE entity_id = ?');
  const put = db.prepare('INSERT OR REPLACE INTO entities VALUES (?, ?, ?)');
  const remove = db.prepare('DELETE FROM entities WHERE entity_id = ?');
  const send = db.prepare('INSERT INTO entity_inbox (entity_id, message) VALUES (?, ?)');
  const inbox = db.prepare(
    'SELECT id, message FROM entity_inbox WHERE entity_id = ? ORDER BY id LIMIT ?',
  );
  const removeEntry = db.prepare('DELETE FROM entity_inbox WHERE id = ?');
  const waiting = db.prepare('SELECT DISTINCT entity_id FROM entity_inbox');
  return {
    get: (id) => {
      const row = get.get(id);
      return row && toEntity(row);
    },
    put: ({ id, state, lastOperationAt }) => void put.run(id, state, lastOperationAt),
    remove: (id) => void remove.run(id),
    list(filter) {
      const { where, values } = conditions(filter);
      const sql = `SELECT * FROM entities WHERE ${where} ORDER BY entity_id LIMIT ?`;
      return db
        .prepare(sql)
        .all(...values, filter.limit)
        .map(toEntity);
    },
    send: (id, message) => void send.run(id, JSON.stringify(message)),
    inbox: (id, limit) =>
      inbox.all(id, limit).map((row) => ({
        id: row['id'] as number,
        message: JSON.parse(row['message'] as string),
      })),
    removeEntry: (id) => void removeEntry.run(id),
    waiting: () => waiting.all().map((row) => row['entity_id'] as string),
  };
}

function toEntity(row: Record<string, unknown>): EntityState {
  return {
    id: row['entity_id'] as string,
    state: row['state'] as string | null,
    lastOperationAt: row['last_operation_at'] as number,
  };
}

function conditions(filter: EntityFilter): { where: string; values: SQLInputValue[] } {
  const { prefix = '', from, to, after = '' } = filter;
  const terms = ['substr(entity_id, 1, length(?)) = ?', 'entity_id > ?'];
  const values: SQLInputValue[] = [prefix, prefix, after];
  if (from !== undefined) {
    terms.push('last_operation_at >= ?');
    values.push(from);
  }
  if (to !== undefined) {
    terms.push('last_operation_at <= ?');
    values.push(to);
  }
  return { where: terms.join(' AND '), values };
}
