import type { Stamp } from '../time/stamp.ts';
import type { Database, Statement } from './database.ts';
import type { FailureInfo } from './documents.ts';

/** Codes of a task's state as stored. */
export const taskStates = ['active', 'preparing', 'running', 'completed'] as const;
/** Codes of a task's result as stored. */
export const taskResults = ['success', 'failure'] as const;

/** A task as stored; `spec` is the JSON text of its members without the braces. */
export interface TaskRow {
  seq: number;
  job: number;
  id: string;
  state: number;
  slots: number;
  created: Stamp;
  modified: Stamp;
  stateAt: Stamp;
  previousState: number | null;
  previousStateAt: Stamp | null;
  startedAt: Stamp | null;
  endedAt: Stamp | null;
  exitCode: number | null;
  result: number | null;
  failure: string | null;
  retries: number;
  lastRetryAt: Stamp | null;
  requeues: number;
  lastRequeueAt: Stamp | null;
  pool: string | null;
  node: string | null;
  spec: string;
}

/** A task to be added. */
export interface NewTask {
  id: string;
  slots: number;
  spec: string;
}

/** How a task ended. */
export interface TaskEnd {
  exitCode: number | undefined;
  failure: FailureInfo | undefined;
}

/** The tasks of all jobs; each write goes into the open transaction. */
export interface TaskTable {
  /** False when the job has a task of that id. */
  insert(job: number, task: NewTask, now: Stamp): boolean;
  get(job: number, id: string): TaskRow | undefined;
  bySeq(seq: number): TaskRow | undefined;
  /** Waiting tasks of a number of slots, in the order they were added, after a place in that order. */
  waiting(job: number, slots: number, after: number): number[];
  start(seq: number, place: { pool: string; node: string }, now: Stamp): void;
  end(seq: number, end: TaskEnd, now: Stamp): void;
  /** Back to active: for another try (retry), or because its node went away (requeue). */
  release(seq: number, why: 'retry' | 'requeue' | 'recovery', now: Stamp): void;
  /** A completed task to run once more, as if it had just been added. */
  reactivate(seq: number, now: Stamp): void;
  setSpec(seq: number, spec: string, now: Stamp): void;
  remove(seq: number): void;
  /** Removes up to some thousands of a job's tasks; true when there may be more. */
  removeSome(job: number): boolean;
  select(sql: string, values: (string | number)[]): TaskRow[];
  /** Tasks that a process which is no more had begun. */
  begun(): { seq: number; job: number; slots: number }[];
}

const removeAtOnce = 5000;
const waitingAtOnce = 256;

/** Prepares the statements on the table of tasks. */
export function openTaskTable(db: Database): TaskTable {
  const statements = prepare(db);
  const lastSeq = db.prepare('select max(seq) as seq from tasks').get();
  let seq = Number(lastSeq?.seq ?? 0);
  const selects = new Map<string, Statement>();
  return {
    insert(job, task, now) {
      db.begin();
      // Never reused within a process, unlike SQLite's own numbers, since runs are known by it.
      seq++;
      return (
        Number(
          statements.insert.run(seq, job, task.id, task.slots, now, now, now, task.spec).changes,
        ) === 1
      );
    },
    get: (job, id) => asRow(statements.get.get(job, id)),
    bySeq: (number) => asRow(statements.bySeq.get(number)),
    waiting: (job, slots, after) =>
      statements.waiting.all(job, slots, after, waitingAtOnce).map((row) => Number(row.seq)),
    start: (number, place, now) => {
      db.begin();
      statements.start.run(now, now, place.pool, place.node, number);
    },
    end: (number, end, now) => {
      db.begin();
      const failure = end.failure === undefined ? null : JSON.stringify(end.failure);
      statements.end.run(now, now, end.exitCode ?? null, failure === null ? 0 : 1, failure, number);
    },
    release: (number, why, now) => {
      db.begin();
      statements[why].run(...(why === 'recovery' ? [now, number] : [now, now, number]));
    },
    reactivate: (number, now) => {
      db.begin();
      statements.reactivate.run(now, number);
    },
    setSpec: (number, spec, now) => {
      db.begin();
      statements.setSpec.run(spec, now, number);
    },
    remove: (number) => {
      db.begin();
      statements.remove.run(number);
    },
    removeSome(job) {
      db.begin();
      return Number(statements.removeSome.run(job, removeAtOnce).changes) === removeAtOnce;
    },
    select(sql, values) {
      let statement = selects.get(sql);
      if (statement === undefined) {
        // Every shape of filter makes another one.
        if (selects.size > 100) selects.clear();
        selects.set(sql, (statement = db.prepare(sql)));
      }
      return statement.all(...values) as unknown as TaskRow[];
    },
    begun: () => statements.begun.all() as unknown as { seq: number; job: number; slots: number }[],
  };
}

const toActive = `previousState = state, previousStateAt = stateAt, state = 0, startedAt = null, endedAt = null,
  exitCode = null, result = null, failure = null, pool = null, node = null, stateAt = ?`;

function prepare(db: Database) {
  return {
    insert: db.prepare(
      `insert into tasks (seq, job, id, state, slots, created, modified, stateAt, spec)
       values (?, ?, ?, 0, ?, ?, ?, ?, ?) on conflict (job, id) do nothing`,
    ),
    get: db.prepare('select * from tasks where job = ? and id = ?'),
    bySeq: db.prepare('select * from tasks where seq = ?'),
    waiting: db.prepare(
      'select seq from tasks where job = ? and slots = ? and seq > ? and state = 0 order by seq limit ?',
    ),
    start: db.prepare(
      `update tasks set previousState = state, previousStateAt = stateAt, state = 2, stateAt = ?, startedAt = ?,
       pool = ?, node = ? where seq = ?`,
    ),
    end: db.prepare(
      `update tasks set previousState = state, previousStateAt = stateAt, state = 3, stateAt = ?, endedAt = ?,
       exitCode = ?, result = ?, failure = ? where seq = ?`,
    ),
    retry: db.prepare(
      `update tasks set ${toActive}, retries = retries + 1, lastRetryAt = ? where seq = ?`,
    ),
    requeue: db.prepare(
      `update tasks set ${toActive}, requeues = requeues + 1, lastRequeueAt = ? where seq = ?`,
    ),
    recovery: db.prepare(`update tasks set ${toActive} where seq = ?`),
    reactivate: db.prepare(
      `update tasks set ${toActive}, retries = 0, lastRetryAt = null where seq = ?`,
    ),
    setSpec: db.prepare('update tasks set spec = ?, modified = ? where seq = ?'),
    remove: db.prepare('delete from tasks where seq = ?'),
    removeSome: db.prepare(
      'delete from tasks where seq in (select seq from tasks where job = ? limit ?)',
    ),
    begun: db.prepare('select seq, job, slots from tasks where state = 2'),
  };
}

function asRow(row: unknown): TaskRow | undefined {
  return row as TaskRow | undefined;
}
