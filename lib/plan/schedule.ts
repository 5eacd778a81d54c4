import { Cron } from 'croner';

/** What becomes of times that passed while nobody was there to start runs. */
export const CATCH_UP = ['none', 'last', 'all'] as const;

/** `on.schedule` of a pipeline file. */
export interface Schedule {
  cron: string;
  timeZone: string;
  catchUp: (typeof CATCH_UP)[number];
}

/** Seconds that a tick may be late before a time counts as missed. */
const ON_TIME_SECONDS = 300;
/** Missed times that `catchUp: all` starts runs for; older ones are given up. */
export const MOST_CAUGHT_UP = 100;

/** Times of a schedule that are to start runs now, and how many are given up; all in milliseconds since 1970. */
export interface Due {
  times: number[];
  /** Times that passed without a run, by the policy or since they are too many; those before the last hundred are not counted. */
  skipped: number;
}

/** The times after `from`, up to and including `now`, that the schedule's policy has start runs. */
export function dueTimes(schedule: Schedule, from: number, now: number): Due {
  const passed = timesBetween(schedule, from, now);
  const times = passed.filter((time, index) => {
    if (schedule.catchUp === 'all') return true;
    const late = now - time > ON_TIME_SECONDS * 1000;
    return !late || (schedule.catchUp === 'last' && index === passed.length - 1);
  });
  const kept = times.slice(-MOST_CAUGHT_UP);
  return { times: kept, skipped: passed.length - kept.length };
}

/** At most one more than can be caught up, the latest ones, the first one first. */
function timesBetween({ cron, timeZone }: Schedule, from: number, now: number): number[] {
  const compiled = new Cron(cron, { timezone: timeZone });
  // Most ticks come to nothing, which this tells at little cost.
  const next = compiled.nextRun(new Date(from));
  if (!next || next.getTime() > now) return [];
  // `previousRuns` leaves the moment itself out.
  const latest = compiled.previousRuns(MOST_CAUGHT_UP + 1, new Date(now + 1000));
  return latest
    .map((time) => time.getTime())
    .filter((time) => time > from && time <= now)
    .toSorted((a, b) => a - b);
}

/** When a schedule comes due after `now`, in milliseconds since 1970; null when it does not any more. */
export function nextTime({ cron, timeZone }: Schedule, now: number): number | null {
  return new Cron(cron, { timezone: timeZone }).nextRun(new Date(now))?.getTime() ?? null;
}

/** What is wrong with a cron expression, as what was expected; null when nothing is. */
export function faultOfCron(text: string): string | null {
  if (text.trim().split(/\s+/).length !== 5) {
    return 'a cron expression of five fields (minute, hour, day, month, day of the week) such as 0 2 * * *';
  }
  try {
    const compiled = new Cron(text, { timezone: 'UTC' });
    // 29 February of a leap year is at most eight years away.
    if (compiled.nextRun(new Date(0))) return null;
    return 'a cron expression that comes due; there is no such day';
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : '';
    return `a cron expression such as 0 2 * * * (${reason})`;
  }
}

/** Whether the platform knows a time zone of that name. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
