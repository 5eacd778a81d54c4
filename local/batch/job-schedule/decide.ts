import type { Schedule } from '../store/documents.ts';
import type { Stamp } from '../time/stamp.ts';

/** A job schedule as far as deciding asks. */
export interface ScheduleState {
  schedule: Schedule;
  /** When the next job is due; undefined when none is. */
  nextRun: Stamp | undefined;
  /** How many jobs it has made. */
  jobs: number;
  /** Whether one of its jobs has not completed. */
  busy: boolean;
}

/** What an active job schedule does next. */
export type Decision =
  | { kind: 'create'; nextRun: Stamp | undefined }
  /** A job was due too long ago. */
  | { kind: 'skip'; nextRun: Stamp }
  | { kind: 'wait'; until: Stamp }
  /** Something happens only when its job has ended. */
  | { kind: 'waitForJob' }
  | { kind: 'complete' };

/** Decides what a job schedule does now; it never has two jobs that are not completed. */
export function decide(state: ScheduleState, now: Stamp): Decision {
  const { schedule, nextRun, busy } = state;
  const { doNotRunAfter, startWindow, recurrenceInterval } = schedule;
  const over = doNotRunAfter !== undefined && now >= doNotRunAfter;
  if (over || nextRun === undefined) return busy ? { kind: 'waitForJob' } : { kind: 'complete' };
  if (now < nextRun) return { kind: 'wait', until: Math.min(nextRun, doNotRunAfter ?? nextRun) };
  const following = recurrenceInterval === undefined ? undefined : nextAfter(state, now);
  if (startWindow !== undefined && now > nextRun + startWindow * 1000) {
    return following === undefined ? { kind: 'complete' } : { kind: 'skip', nextRun: following };
  }
  return busy ? { kind: 'waitForJob' } : { kind: 'create', nextRun: following };
}

/** When the first job of a schedule is due. */
export function firstRun({ doNotRunUntil }: Schedule, now: Stamp): Stamp {
  return Math.max(doNotRunUntil ?? now, now);
}

function nextAfter(
  { schedule: { recurrenceInterval = 0 }, nextRun = 0 }: ScheduleState,
  now: Stamp,
): Stamp {
  const interval = recurrenceInterval * 1000;
  return nextRun + interval * (Math.floor((now - nextRun) / interval) + 1);
}
