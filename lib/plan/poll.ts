/** Tasks of a job, as `taskcounts` tells them; counts may lag. */
export interface TaskCounts {
  active: number;
  running: number;
  completed: number;
  failed: number;
}

/** What a watch remembers between two looks. */
export interface Pace {
  /** Seconds between the last two looks. */
  delay: number;
  completed: number;
}

export const FIRST_DELAY_SECONDS = 0.5;
const GROWTH = 1.6;
const LONGEST_DELAY_SECONDS = 60;

/**
 * Seconds until the next look at a job: growing by steps to a minute, so that a day costs some 1,500 calls, but
 * shorter when the pace so far says that the end is near.
 */
export function nextDelay(previous: Pace | null, counts: TaskCounts): number {
  if (!previous) return FIRST_DELAY_SECONDS;
  const grown = Math.min(previous.delay * GROWTH, LONGEST_DELAY_SECONDS);
  const finished = counts.completed - previous.completed;
  if (finished <= 0) return grown;
  const left = counts.active + counts.running;
  const untilEnd = (left / finished) * previous.delay * 0.7;
  return Math.min(grown, Math.max(FIRST_DELAY_SECONDS, untilEnd));
}

/** Whether the counts give reason to ask whether everything is done. */
export function looksDone(counts: TaskCounts): boolean {
  return counts.active + counts.running === 0;
}
