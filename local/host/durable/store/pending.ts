import type { DatabaseSync } from 'node:sqlite';
import type { HistoryEvent } from '../protocol.ts';

/** Which task of which execution a row belongs to. */
export interface TaskKey {
  instanceId: string;
  executionId: string;
  taskId: number;
}

/** An activity that is to run; `input` is a JSON text, or null for none. */
export interface ActivityTask extends TaskKey {
  name: string;
  input: string | null;
}

/** A timer that is to fire; `fireAt` is milliseconds since 1970. */
export interface TimerTask extends TaskKey {
  fireAt: number;
}

/** An event that waits for its instance's next episode. */
export interface InboxEntry {
  id: number;
  /** Null for events that belong to the instance, whichever execution is running. */
  executionId: string | null;
  event: HistoryEvent;
}

export interface InboxRows {
  add(instanceId: string, executionId: string | null, event: HistoryEvent): void;
  /** Events of one instance, in the order they came. */
  read(instanceId: string): InboxEntry[];
  removeEntry(id: number): void;
  instances(): string[];
}

/** The rows of table `inbox`. */
export function inboxRows(db: DatabaseSync): InboxRows {
  const add = db.prepare('INSERT INTO inbox (instance_id, execution_id, event) VALUES (?, ?, ?)');
  const read = db.prepare(
    'SELECT id, execution_id, event FROM inbox WHERE instance_id = ? ORDER BY id',
  );
  const removeEntry = db.prepare('DELETE FROM inbox WHERE id = ?');
  const instances = db.prepare('SELECT DISTINCT instance_id FROM inbox');
  return {
    add: (instanceId, executionId, event) =>
      void add.run(instanceId, executionId, JSON.stringify(event)),
    read: (instanceId) =>
      read.all(instanceId).map((row) => ({
        id: row['id'] as number,
        executionId: row['execution_id'] as string | null,
        event: JSON.parse(row['event'] as string),
      })),
    removeEntry: (id) => void removeEntry.run(id),
    instances: () => instances.all().map((row) => row['instance_id'] as string),
  };
}

export interface ActivityRows {
  add(task: ActivityTask): void;
  /** False when the row is gone: its execution has ended meanwhile. */
  remove(key: TaskKey): boolean;
  has(key: TaskKey): boolean;
  all(): ActivityTask[];
}

/** The rows of table `activities`: those without a result. */
export function activityRows(db: DatabaseSync): ActivityRows {
  const add = db.prepare('INSERT INTO activities VALUES (?, ?, ?, ?, ?)');
  const one = 'activities WHERE instance_id = ? AND execution_id = ? AND task_id = ?';
  const remove = db.prepare(`DELETE FROM ${one}`);
  const has = db.prepare(`SELECT 1 FROM ${one}`);
  const all = db.prepare('SELECT * FROM activities');
  return {
    add: (task) =>
      void add.run(task.instanceId, task.executionId, task.taskId, task.name, task.input),
    remove: (key) => remove.run(key.instanceId, key.executionId, key.taskId).changes > 0,
    has: (key) => has.get(key.instanceId, key.executionId, key.taskId) !== undefined,
    all: () =>
      all.all().map((row) => ({
        ...toKey(row),
        name: row['name'] as string,
        input: row['input'] as string | null,
      })),
  };
}

export interface TimerRows {
  add(timer: TimerTask): void;
  remove(key: TaskKey): void;
  due(time: number): TimerTask[];
  /** When the first one is due; undefined when there is none. */
  next(): number | undefined;
}

/** The rows of table `timers`: those that have not fired. */
export function timerRows(db: DatabaseSync): TimerRows {
  const add = db.prepare('INSERT INTO timers VALUES (?, ?, ?, ?)');
  const remove = db.prepare(
    'DELETE FROM timers WHERE instance_id = ? AND execution_id = ? AND task_id = ?',
  );
  const due = db.prepare('SELECT * FROM timers WHERE fire_at <= ? ORDER BY fire_at');
  const next = db.prepare('SELECT min(fire_at) AS time FROM timers');
  return {
    add: (timer) => void add.run(timer.instanceId, timer.executionId, timer.taskId, timer.fireAt),
    remove: (key) => void remove.run(key.instanceId, key.executionId, key.taskId),
    due: (time) =>
      due.all(time).map((row) => ({ ...toKey(row), fireAt: row['fire_at'] as number })),
    next: () => (next.get()?.['time'] as number | null) ?? undefined,
  };
}

function toKey(row: Record<string, unknown>): TaskKey {
  return {
    instanceId: row['instance_id'] as string,
    executionId: row['execution_id'] as string,
    taskId: row['task_id'] as number,
  };
}
