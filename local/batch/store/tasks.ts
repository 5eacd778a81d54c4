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
  /** Microseconds that runs before the latest took; those that the end of the emulator cut short count nothing. */
  earlierWall: number;
  requeues: number;
  lastRequeueAt: Stamp | null;
  pool: string | null;
  node: string | null;
  /** Dependencies that are not met yet: while there are any, the task is not started. */
  waits: number;
  /** 1 when tasks that depend on this one may run. */
  satisfied: number | null;
  /** When the task's directory is to be removed; null once it has been, and before the task has ended. */
  expires: Stamp | null;
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
  satisfied: boolean;
  expires: Stamp | undefined;
}

/** A task whose directory is due to be removed. */
export interface ExpiredTask {
  seq: number;
  job: number;
  id: string;
  pool: string | null;
  node: string | null;
}

/** The tasks of all jobs; each write goes into the open transaction. */
export interface TaskTable {
  /** The number of the new task; undefined when the job has a task of that id. */
  insert(job: number, task: NewTask, now: Stamp): number | undefined;
  get(job: number, id: string): TaskRow | undefined;
  bySeq(seq: number): TaskRow | undefined;
  /** Waiting tasks of a number of slots, in the order they were added, after a place in that order. */
  waiting(job: number, slots: number, after: number): number[];
  /** The task is on a node, and its node is prepared for its job first. */
  prepare(seq: number, place: { pool: string; node: string }, now: Stamp): void;
  start(seq: number, place: { pool: string; node: string }, now: Stamp): void;
  end(seq: number, end: TaskEnd, now: Stamp): void;
  /** Back to active: for another try (retry), because its node went away (requeue), or because the emulator did (restart). */
  release(seq: number, why: 'retry' | 'requeue' | 'recovery' | 'restart', now: Stamp): void;
  /** A completed task to run once more, as if it had just been added. */
  reactivate(seq: number, now: Stamp): void;
  setSpec(seq: number, spec: string, now: Stamp): void;
  setWaits(seq: number, waits: number): void;
  /** One dependency of a task is met; true when it was the last. */
  meet(seq: number): boolean;
  /** Active tasks of a job whose dependencies are not met. */
  blocked(job: number): number;
  /** Tasks whose directories are due to be removed, some hundreds. */
  expired(now: Stamp): ExpiredTask[];
  /** When the next directory is due. */
  nextExpiry(): Stamp | undefined;
  filesRemoved(seq: number): void;
  /** Whether a task that ended on a node still has its files there. */
  keepsFiles(pool: string, node: string): boolean;
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
      const { changes } = statements.insert.run(
        seq,
        job,
        task.id,
        task.slots,
        now,
        now,
        now,
        task.spec,
      );
      return Number(changes) === 1 ? seq : undefined;
    },
    get: (job, id) => statements.get.get(job, id) as TaskRow | undefined,
    bySeq: (number) => statements.bySeq.get(number) as TaskRow | undefined,
    waiting: (job, slots, after) =>
      statements.waiting.all(job, slots, after, waitingAtOnce).map((row) => Number(row.seq)),
    ...changeMethods(db, statements),
    ...dependencyMethods(db),
    ...expiryMethods(db),
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

function dependencyMethods(db: Database): Pick<TaskTable, 'setWaits' | 'meet' | 'blocked'> {
  const set = db.prepare('update tasks set waits = ? where seq = ?');
  const meet = db.prepare('update tasks set waits = waits - 1 where seq = ? returning waits');
  const blocked = db.prepare(
    'select count(*) as number from tasks where job = ? and state = 0 and waits > 0',
  );
  return {
    setWaits: (seq, waits) => {
      db.begin();
      set.run(waits, seq);
    },
    meet: (seq) => {
      db.begin();
      return meet.get(seq)?.waits === 0;
    },
    blocked: (job) => Number(blocked.get(job)?.number ?? 0),
  };
}

function changeMethods(
  db: Database,
  statements: ReturnType<typeof prepare>,
): Pick<TaskTable, 'prepare' | 'start' | 'end' | 'release' | 'reactivate' | 'setSpec' | 'remove'> {
  return {
    prepare: (number, place, now) => {
      db.begin();
      statements.prepare.run(now, place.pool, place.node, number);
    },
    start: (number, place, now) => {
      db.begin();
      statements.start.run(now, now, place.pool, place.node, number);
    },
    end: (number, end, now) => {
      db.begin();
      const failure = end.failure === undefined ? null : JSON.stringify(end.failure);
      statements.end.run(
        now,
        now,
        end.exitCode ?? null,
        failure === null ? 0 : 1,
        failure,
        Number(end.satisfied),
        end.expires ?? null,
        number,
      );
    },
    release: (number, why, now) => {
      db.begin();
      if (why === 'retry' || why === 'requeue') statements[why].run(now, now, now, number);
      // When the emulator ended is not known.
      else statements.recovery.run(why === 'restart' ? null : now, now, number);
    },
    reactivate: (number, now) => {
      db.begin();
      statements.reactivate.run(now, now, number);
    },
    setSpec: (number, spec, now) => {
      db.begin();
      statements.setSpec.run(spec, now, number);
    },
    remove: (number) => {
      db.begin();
      statements.remove.run(number);
    },
  };
}

const expiredAtOnce = 500;

function expiryMethods(
  db: Database,
): Pick<TaskTable, 'expired' | 'nextExpiry' | 'filesRemoved' | 'keepsFiles'> {
  const expired = db.prepare(
    `select seq, job, id, pool, node from tasks where expires is not null and expires <= ? order by expires limit ?`,
  );
  const next = db.prepare(
    'select expires from tasks where expires is not null order by expires limit 1',
  );
  const removed = db.prepare('update tasks set expires = null where seq = ?');
  const kept = db.prepare(
    'select 1 as kept from tasks where expires is not null and pool = ? and node = ? limit 1',
  );
  return {
    expired: (now) => expired.all(now, expiredAtOnce) as unknown as ExpiredTask[],
    nextExpiry: () => {
      const at = next.get()?.expires;
      return typeof at === 'number' ? at : undefined;
    },
    filesRemoved: (seq) => {
      db.begin();
      removed.run(seq);
    },
    keepsFiles: (pool, node) => kept.get(pool, node) !== undefined,
  };
}

const toActive = `earlierWall = earlierWall + coalesce(max(0, coalesce(endedAt, ?) - startedAt), 0), previousState = state, previousStateAt = stateAt, state = 0, startedAt = null, endedAt = null,
  exitCode = null, result = null, failure = null, pool = null, node = null, satisfied = null, expires = null, stateAt = ?`;

function prepare(db: Database) {
  return {
    insert: db.prepare(
      `insert into tasks (seq, job, id, state, slots, created, modified, stateAt, spec)
       values (?, ?, ?, 0, ?, ?, ?, ?, ?) on conflict (job, id) do nothing`,
    ),
    get: db.prepare('select * from tasks where job = ? and id = ?'),
    bySeq: db.prepare('select * from tasks where seq = ?'),
    waiting: db.prepare(
      'select seq from tasks where job = ? and slots = ? and seq > ? and state = 0 and waits = 0 order by seq limit ?',
    ),
    prepare: db.prepare(
      `update tasks set previousState = state, previousStateAt = stateAt, state = 1, stateAt = ?, pool = ?, node = ?
       where seq = ?`,
    ),
    start: db.prepare(
      `update tasks set previousState = state, previousStateAt = stateAt, state = 2, stateAt = ?, startedAt = ?,
       pool = ?, node = ? where seq = ?`,
    ),
    end: db.prepare(
      `update tasks set previousState = state, previousStateAt = stateAt, state = 3, stateAt = ?, endedAt = ?,
       exitCode = ?, result = ?, failure = ?, satisfied = ?, expires = ? where seq = ?`,
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
    begun: db.prepare(
      `select seq, job, slots from tasks where state = 2
       union all select seq, job, slots from tasks where state = 1 and state < 3`,
    ),
  };
}
