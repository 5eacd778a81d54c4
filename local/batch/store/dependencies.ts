import type { Database } from './database.ts';
import type { TaskTable } from './tasks.ts';

/** What a task depends on: tasks by id, and all tasks whose ids are numbers within ranges, both ends included. */
export interface DependsOn {
  taskIds?: string[];
  taskIdRanges?: { start: number; end: number }[];
}

/** Which tasks wait for which others; what is met is forgotten. */
export interface Dependencies {
  /** Makes a new task wait for what it depends on, as far as that is not met already. */
  add(job: number, child: number, dependsOn: DependsOn): void;
  /** A task has ended so that others may run; true when some became free. */
  satisfy(job: number, id: string): boolean;
  /** A task is removed. */
  forget(child: number): void;
  removeJob(job: number): void;
}

/** Opens the tables of dependencies. */
export function openDependencies(db: Database, tasks: TaskTable): Dependencies {
  const statements = prepare(db);
  return {
    add(job, child, { taskIds = [], taskIdRanges = [] }) {
      db.begin();
      const unmet = new Set(taskIds.map((id) => id.toLowerCase()));
      let waits = 0;
      for (const id of unmet) {
        if (statements.isMet.get(job, id) !== undefined) continue;
        statements.addId.run(job, id, child);
        waits++;
      }
      for (const { start, end } of taskIdRanges) {
        const met = Number(statements.metNumbers.get(job, start, end)?.number ?? 0);
        const left = end - start + 1 - met;
        if (left > 0) statements.addRange.run(job, start, end, child);
        waits += left;
      }
      if (waits > 0) tasks.setWaits(child, waits);
    },
    satisfy(job, id) {
      db.begin();
      const children = statements.childrenOf.all(job, id).map((row) => Number(row.child));
      statements.metId.run(job, id);
      const number = numberOf(id);
      // Of 4, 04 and 004 the first one counts.
      if (number !== undefined && Number(statements.addNumber.run(job, number).changes) === 1) {
        const rows = statements.inRange.all(job, number, number);
        children.push(...rows.map((row) => Number(row.child)));
      }
      return children.filter((child) => tasks.meet(child)).length > 0;
    },
    forget(child) {
      db.begin();
      statements.forgetIds.run(child);
      statements.forgetRanges.run(child);
    },
    removeJob(job) {
      db.begin();
      statements.removeIds.run(job);
      statements.removeRanges.run(job);
      statements.removeNumbers.run(job);
    },
  };
}

/** The number that an id is, when it is one; leading zeros do not matter. */
export function numberOf(id: string): number | undefined {
  const number = Number(id);
  return /^\d+$/.test(id) && number <= 0x7fffffff ? number : undefined;
}

function prepare(db: Database) {
  return {
    isMet: db.prepare(
      'select 1 as met from tasks where job = ? and id = ? and state = 3 and satisfied = 1',
    ),
    metNumbers: db.prepare(
      'select count(*) as number from satisfied_numbers where job = ? and number between ? and ?',
    ),
    addId: db.prepare('insert into dependencies values (?, ?, ?)'),
    addRange: db.prepare('insert into dependency_ranges values (?, ?, ?, ?)'),
    addNumber: db.prepare('insert into satisfied_numbers values (?, ?) on conflict do nothing'),
    childrenOf: db.prepare('select child from dependencies where job = ? and parent = ?'),
    metId: db.prepare('delete from dependencies where job = ? and parent = ?'),
    inRange: db.prepare(
      'select child from dependency_ranges where job = ? and first <= ? and last >= ?',
    ),
    forgetIds: db.prepare('delete from dependencies where child = ?'),
    forgetRanges: db.prepare('delete from dependency_ranges where child = ?'),
    removeIds: db.prepare('delete from dependencies where job = ?'),
    removeRanges: db.prepare('delete from dependency_ranges where job = ?'),
    removeNumbers: db.prepare('delete from satisfied_numbers where job = ?'),
  };
}
