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
  /** Looks in a row at which nothing had changed. */
  quiet?: number;
  /** Whether the pool was in trouble at the last look. */
  trouble?: boolean;
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

/** Looks in a row without a change after which the pool is worth a look of its own. */
const QUIET_LOOKS = 3;
const TROUBLED_DELAY_SECONDS = 2;

/** Whether to look at the pool too: tasks wait and nothing has moved, or it was in trouble just now. */
export function shouldTendPool(previous: Pace | null, counts: TaskCounts): boolean {
  if (counts.active === 0 || !previous) return false;
  return (
    previous.trouble === true || quietLooks(previous, counts) % QUIET_LOOKS === QUIET_LOOKS - 1
  );
}

/** What to remember of a look. */
export function nextPace(previous: Pace | null, counts: TaskCounts, trouble: boolean): Pace {
  const { completed } = counts;
  const quiet = quietLooks(previous, counts);
  const delay = nextDelay(previous, counts);
  // Trouble that is new is looked at soon again; that grows back to a minute like any wait.
  const soon = trouble && previous?.trouble !== true;
  return {
    delay: soon ? Math.min(delay, TROUBLED_DELAY_SECONDS) : delay,
    completed,
    quiet,
    trouble,
  };
}

function quietLooks(previous: Pace | null, counts: TaskCounts): number {
  return previous && previous.completed === counts.completed ? (previous.quiet ?? 0) + 1 : 0;
}
