import type { DatabaseSync } from 'node:sqlite';
import { historyRows, type HistoryRows } from './history.ts';
import { instanceRows, type InstanceRows } from './instances.ts';
import {
  activityRows,
  inboxRows,
  timerRows,
  type ActivityRows,
  type InboxRows,
  type TimerRows,
} from './pending.ts';

/** All that is kept of orchestrations. */
export interface Store {
  instances: InstanceRows;
  history: HistoryRows;
  inbox: InboxRows;
  activities: ActivityRows;
  timers: TimerRows;
  /** Everything `work` writes is kept, or nothing when it throws. `work` must be synchronous. */
  transaction<T>(work: () => T): T;
  /** Drops whatever an instance still waits for. */
  dropPending(instanceId: string): void;
}

/** Opens the tables of a database that has the schema. */
export function openStore(db: DatabaseSync): Store {
  const [begin, commit, rollback] = ['BEGIN IMMEDIATE', 'COMMIT', 'ROLLBACK'].map((sql) =>
    db.prepare(sql),
  );
  const drops = ['inbox', 'activities', 'timers'].map((table) =>
    db.prepare(`DELETE FROM ${table} WHERE instance_id = ?`),
  );
  return {
    instances: instanceRows(db),
    history: historyRows(db),
    inbox: inboxRows(db),
    activities: activityRows(db),
    timers: timerRows(db),
    transaction(work) {
      begin?.run();
      try {
        const result = work();
        commit?.run();
        return result;
      } catch (error) {
        rollback?.run();
        throw error;
      }
    },
    dropPending: (instanceId) => drops.forEach((drop) => drop.run(instanceId)),
  };
}
