import type { DatabaseSync } from 'node:sqlite';
import type { HistoryEvent } from '../protocol.ts';

/** How many executions of a continueAsNew chain keep their history, the running one included. */
const keptGenerations = 5;

export interface HistoryRows {
  /** Adds events at the end. */
  append(key: HistoryKey, events: HistoryEvent[]): void;
  /** Every event of one execution, in order. */
  read(key: HistoryKey): HistoryEvent[];
  /** The first events of one execution, ExecutionStarted among them. */
  head(key: HistoryKey): HistoryEvent[];
  /** Forgets the executions of an instance that lie too far back. */
  trim(key: HistoryKey): void;
  remove(instanceId: string): void;
}

/** One execution of one instance. */
export interface HistoryKey {
  instanceId: string;
  generation: number;
}

/** The rows of table `history`: whole events, as JSON. */
export function historyRows(db: DatabaseSync): HistoryRows {
  const add = db.prepare('INSERT INTO history VALUES (?, ?, ?, ?)');
  const end = db.prepare(
    'SELECT coalesce(max(seq) + 1, 0) AS seq FROM history WHERE instance_id = ? AND generation = ?',
  );
  const read = db.prepare(
    'SELECT event FROM history WHERE instance_id = ? AND generation = ? ORDER BY seq',
  );
  const head = db.prepare(
    'SELECT event FROM history WHERE instance_id = ? AND generation = ? ORDER BY seq LIMIT 8',
  );
  const trim = db.prepare('DELETE FROM history WHERE instance_id = ? AND generation <= ?');
  const remove = db.prepare('DELETE FROM history WHERE instance_id = ?');
  return {
    append({ instanceId, generation }, events) {
      let seq = Number(end.get(instanceId, generation)?.['seq']);
      for (const event of events) add.run(instanceId, generation, seq++, JSON.stringify(event));
    },
    read: (key) => read.all(key.instanceId, key.generation).map(toEvent),
    head: (key) => head.all(key.instanceId, key.generation).map(toEvent),
    trim: (key) => void trim.run(key.instanceId, key.generation - keptGenerations),
    remove: (instanceId) => void remove.run(instanceId),
  };
}

function toEvent(row: Record<string, unknown>): HistoryEvent {
  return JSON.parse(String(row['event']));
}
