import type { DatabaseSync } from 'node:sqlite';
import type { Schedule } from './schedule.ts';

/** What is kept of a timer function between starts; milliseconds since 1970, `last` 0 for never. */
export interface TimerStatus {
  last: number;
  next: number;
  lastUpdated: number;
}

export interface TimerStatuses {
  get(name: string): TimerStatus | undefined;
  put(name: string, status: TimerStatus): void;
}

/** The rows of table `schedules`. */
export function timerStatuses(db: DatabaseSync): TimerStatuses {
  const get = db.prepare('SELECT status FROM schedules WHERE name = ?');
  const put = db.prepare('INSERT OR REPLACE INTO schedules VALUES (?, ?)');
  return {
    get(name) {
      const row = get.get(name);
      return row && JSON.parse(String(row['status']));
    },
    put: (name, status) => void put.run(name, JSON.stringify(status)),
  };
}

/**
 * The status at a start, and whether a run was missed while the host was down. A schedule that has
 * changed meanwhile is not past due. (ScheduleMonitor.CheckPastDueAsync of the timer extension.)
 */
export function statusAtStart(
  schedule: Schedule,
  found: TimerStatus | undefined,
  now: number,
): { status: TimerStatus; isPastDue: boolean } {
  if (!found) {
    return { status: { last: 0, next: schedule.next(now), lastUpdated: now }, isPastDue: false };
  }
  const base = found.last > 0 ? found.last : found.lastUpdated;
  const expected = schedule.next(base);
  if (expected === found.next) return { status: found, isPastDue: now > found.next };
  const next = now > expected ? schedule.next(now) : expected;
  return { status: { last: 0, next, lastUpdated: now }, isPastDue: now > next };
}
