import type { DatabaseSync } from 'node:sqlite';
import { crashPoint } from './crash-point.ts';
import { asDiskTrouble } from './disk-trouble.ts';
import { entityRows, type EntityRows } from './entities.ts';
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
  entities: EntityRows;
  /**
   * Everything `work` writes is kept, or nothing when it throws. `work` must be synchronous.
   * Throws DiskTrouble when the disk takes no writes.
   */
  transaction<T>(work: () => T): T;
  /** Drops whatever an instance still waits for. */
  dropPending(instanceId: string): void;
}

/** Opens the tables of a database that has the schema. */
export function openStore(db: DatabaseSync): Store {
  const [begin, commit, rollback] = ['BEGIN IMMEDIATE', 'COMMIT', 'ROLLBACK'].map((sql) =>
    db.prepare(sql),
  );
  const crash = crashPoint();
  const drops = ['inbox', 'activities', 'timers'].map((table) =>
    db.prepare(`DELETE FROM ${table} WHERE instance_id = ?`),
  );
  return {
    instances: instanceRows(db),
    history: historyRows(db),
    inbox: inboxRows(db),
    activities: activityRows(db),
    timers: timerRows(db),
    entities: entityRows(db),
    transaction(work) {
      begin?.run();
      try {
        const result = work();
        crash('before');
        commit?.run();
        crash('after');
        return result;
      } catch (error) {
        // On a full disk SQLite itself may have rolled back.
        if (db.isTransaction) rollback?.run();
        throw asDiskTrouble(error, db.location());
      }
    },
    dropPending: (instanceId) => drops.forEach((drop) => drop.run(instanceId)),
  };
}
