import { messageOf, stackOf } from '../app/errors.ts';
import type { Invoke } from '../app/invoke.ts';
import type { Log } from '../app/log.ts';
import type { RegisteredFunction } from '../app/registry.ts';
import type { Clock } from '../clock.ts';
import { invokeWithRetries, retryPolicy, type RetryPolicy } from './retries.ts';
import { parseSchedule, type Environment, type Schedule } from './schedule.ts';
import { statusAtStart, type TimerStatus, type TimerStatuses } from './timer-status.ts';

/** What timer functions need of the host. */
export interface TimerHost {
  invoke: Invoke;
  log: Log;
  clock: Clock;
  statuses: TimerStatuses;
  env: Environment;
}

/** A timer function whose schedule has been read. */
export interface TimerFunction {
  name: string;
  start(): void;
  /** When it runs next, in milliseconds since 1970; undefined before its start. */
  nextRun(): number | undefined;
  /** Runs it now, beside its schedule; never throws. */
  runNow(): Promise<void>;
  /** Starts no more runs; resolves when the one that runs has ended. */
  close(): Promise<void>;
}

/** Schedules this dense are not remembered between starts: the timer extension's own limit. */
const monitoredFrom = 60_000;

/** Reads the schedule of a timer function; throws when it is not understood, or never comes due. */
export function timerFunction(entry: RegisteredFunction, host: TimerHost): TimerFunction {
  const schedule = parseSchedule(String(entry.trigger['schedule']), host.env);
  schedule.next(host.clock.now());
  const policy = retryPolicy(entry.name, entry.metadata.retryOptions);
  const timer: Timer = { entry, host, schedule, policy, isMonitored: false, closed: false };
  return {
    name: entry.name,
    start: () => startTimer(timer),
    nextRun: () => timer.status?.next,
    runNow: () => invokeSafely(timer, false),
    async close() {
      timer.closed = true;
      timer.cancel?.();
      await timer.running;
    },
  };
}

interface Timer {
  entry: RegisteredFunction;
  host: TimerHost;
  schedule: Schedule;
  policy: RetryPolicy | undefined;
  isMonitored: boolean;
  closed: boolean;
  status?: TimerStatus;
  cancel?: () => void;
  running?: Promise<void>;
}

function startTimer(timer: Timer): void {
  const { entry, host, schedule } = timer;
  const now = host.clock.now();
  const first = schedule.next(now);
  const isSparse = schedule.next(first) - first >= monitoredFrom;
  timer.isMonitored = entry.trigger['useMonitor'] !== false && isSparse;
  const found = timer.isMonitored ? host.statuses.get(entry.name) : undefined;
  const { status, isPastDue } = statusAtStart(schedule, found, now);
  keep(timer, status);
  if (isPastDue || entry.trigger['runOnStartup'] === true) run(timer, isPastDue);
  else waitFor(timer, status.next);
}

// A full disk must not end a schedule: the next run is planned whether or not this can be kept.
function keep(timer: Timer, status: TimerStatus): void {
  const { entry, host } = timer;
  timer.status = status;
  if (!timer.isMonitored) return;
  try {
    host.statuses.put(entry.name, status);
  } catch (error) {
    const text = `Cannot keep when it ran and runs next: ${messageOf(error)}.`;
    host.log('error', entry.name, `${text} After a restart a run may come twice, or be missed.`);
  }
}

function waitFor(timer: Timer, time: number): void {
  if (timer.closed) return;
  timer.cancel = timer.host.clock.at(time, () => run(timer, false));
}

// The next run is planned when this one has ended, so runs never overlap: a long one skips ticks.
function run(timer: Timer, isPastDue: boolean): void {
  timer.running = runOnce(timer, isPastDue);
}

async function runOnce(timer: Timer, isPastDue: boolean): Promise<void> {
  await invokeSafely(timer, isPastDue);
  const now = timer.host.clock.now();
  const next = timer.schedule.next(now);
  keep(timer, { last: now, next, lastUpdated: now });
  waitFor(timer, next);
}

async function invokeSafely(timer: Timer, isPastDue: boolean): Promise<void> {
  try {
    await invokeTimer(timer, isPastDue);
  } catch (error) {
    timer.host.log('error', timer.entry.name, `Timer run failed: ${stackOf(error)}`);
  }
}

async function invokeTimer(timer: Timer, isPastDue: boolean): Promise<void> {
  const { entry, host, policy } = timer;
  const data = {
    Schedule: { AdjustForDST: true },
    ScheduleStatus: timer.isMonitored && timer.status ? statusJson(timer.status) : null,
    IsPastDue: isPastDue,
  };
  const pause = (time: number): Promise<boolean> => pauseFor(timer, time);
  await invokeWithRetries(
    { invoke: host.invoke, policy, pause },
    { function: entry, data: { json: JSON.stringify(data) } },
  );
}

/** Waits before a retry; false when the timer is closed meanwhile. */
function pauseFor(timer: Timer, time: number): Promise<boolean> {
  if (timer.closed) return Promise.resolve(false);
  const { clock } = timer.host;
  return new Promise((resolve) => {
    const cancel = clock.at(clock.now() + time, () => resolve(true));
    timer.cancel = () => {
      cancel();
      resolve(false);
    };
  });
}

function statusJson({ last, next, lastUpdated }: TimerStatus): Record<string, string> {
  return {
    Last: last === 0 ? '0001-01-01T00:00:00' : new Date(last).toISOString(),
    Next: new Date(next).toISOString(),
    LastUpdated: new Date(lastUpdated).toISOString(),
  };
}
