import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Invocation, Invoke } from '../../../../local/host/app/invoke.ts';
import type { RegisteredFunction } from '../../../../local/host/app/registry.ts';
import type { Clock } from '../../../../local/host/clock.ts';
import { timerFunction, type TimerFunction } from '../../../../local/host/triggers/timer.ts';
import { openDataDirectory } from '../../../../local/host/durable/store/open.ts';
import {
  statusAtStart,
  timerStatuses,
  type TimerStatus,
} from '../../../../local/host/triggers/timer-status.ts';
import {
  eventually,
  startHost,
  temporaryDirectory,
  type RunningHost,
} from '../support/running-host.ts';

const hour = 3_600_000;
const hourly = { next: (time: number) => (Math.floor(time / hour) + 1) * hour };

describe('the status of a timer at its start', () => {
  it.each<[string, TimerStatus | undefined, number, { next: number; isPastDue: boolean }]>([
    ['is made when there is none', undefined, 100, { next: hour, isPastDue: false }],
    [
      'is kept while the next run lies ahead',
      { last: 0, next: hour, lastUpdated: 5 },
      50,
      { next: hour, isPastDue: false },
    ],
    [
      'is past due when the next run was missed',
      { last: hour, next: 2 * hour, lastUpdated: hour },
      5 * hour,
      { next: 2 * hour, isPastDue: true },
    ],
    [
      'is made anew when the schedule has changed',
      { last: hour, next: hour + 7, lastUpdated: hour },
      5 * hour,
      { next: 6 * hour, isPastDue: false },
    ],
  ])('%s', (_title, found, now, { next, isPastDue }) => {
    const result = statusAtStart(hourly, found, now);
    expect(result.status.next).toBe(next);
    expect(result.isPastDue).toBe(isPastDue);
  });
});

/** A clock that a test moves on. */
function handClock(start: number): Clock & { advance(time: number): Promise<void> } {
  let now = start;
  let waiting: { time: number; callback: () => void }[] = [];
  return {
    now: () => now,
    at(time, callback) {
      const entry = { time, callback };
      waiting.push(entry);
      return () => void (waiting = waiting.filter((each) => each !== entry));
    },
    async advance(time) {
      const end = now + time;
      for (;;) {
        const due = waiting
          .filter((each) => each.time <= end)
          .toSorted((a, b) => a.time - b.time)[0];
        if (!due) break;
        now = Math.max(now, due.time);
        waiting = waiting.filter((each) => each !== due);
        due.callback();
        for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      }
      now = end;
    },
  };
}

describe('a timer function', () => {
  const runs: { time: number; isPastDue: boolean; status: unknown }[] = [];
  const directory = temporaryDirectory();
  let data = openDataDirectory(directory.path);
  afterAll(() => {
    data.close();
    directory.remove();
  });
  const clock = handClock(Date.UTC(2026, 0, 1, 0, 30));
  const invoke: Invoke = async (invocation: Invocation) => {
    const data = JSON.parse(invocation.data.json!);
    runs.push({ time: clock.now(), isPastDue: data.IsPastDue, status: data.ScheduleStatus });
    throw new Error('every run fails');
  };
  const make = (settings: Record<string, unknown>): TimerFunction => {
    const entry = {
      name: 'timer',
      trigger: settings,
      metadata: {},
    } as unknown as RegisteredFunction;
    const statuses = timerStatuses(data.db);
    const env = { WEBSITE_TIME_ZONE: 'UTC' };
    return timerFunction(entry, { invoke, log: () => undefined, clock, statuses, env });
  };

  it('runs at each time of its schedule although every run fails', async () => {
    const timer = make({ schedule: '0 0 * * * *' });
    timer.start();
    await clock.advance(3 * hour);
    await timer.close();
    expect(runs.map(({ time }) => new Date(time).getUTCHours())).toEqual([1, 2, 3]);
    expect(runs[1]!.status).toEqual({
      Last: '2026-01-01T01:00:00.000Z',
      Next: '2026-01-01T02:00:00.000Z',
      LastUpdated: '2026-01-01T01:00:00.000Z',
    });
  });

  it('runs once when the host was down at the time, and says so', async () => {
    runs.length = 0;
    data.close();
    await clock.advance(5 * hour);
    data = openDataDirectory(directory.path);
    const timer = make({ schedule: '0 0 * * * *' });
    timer.start();
    await clock.advance(1);
    await timer.close();
    expect(runs.map(({ isPastDue }) => isPastDue)).toEqual([true]);
    expect(runs[0]!.status).toMatchObject({ Next: '2026-01-01T04:00:00.000Z' });
  });

  it('remembers nothing when its monitor is off or it runs more than once a minute', async () => {
    for (const settings of [
      { schedule: '0 0 * * * *', useMonitor: false },
      { schedule: '*/10 * * * * *' },
    ]) {
      runs.length = 0;
      await clock.advance(5 * hour);
      const timer = make({ ...settings, runOnStartup: true });
      timer.start();
      await timer.close();
      expect(runs).toMatchObject([{ isPastDue: false, status: null }]);
    }
  });
});

describe('a timer function whose times cannot be kept', () => {
  it('goes on at each time of its schedule, and says so each time', async () => {
    const clock = handClock(Date.UTC(2026, 0, 1, 0, 30));
    const runs: number[] = [];
    const log: string[] = [];
    const entry = {
      name: 'timer',
      trigger: { schedule: '0 0 * * * *' },
      metadata: {},
    } as unknown as RegisteredFunction;
    const timer = timerFunction(entry, {
      invoke: async () => {
        runs.push(new Date(clock.now()).getUTCHours());
        return {};
      },
      log: (level, source, message) => void log.push(`${level} ${source}: ${message}`),
      clock,
      statuses: {
        get: () => undefined,
        put: () => {
          throw new Error('database or disk is full');
        },
      },
      env: { WEBSITE_TIME_ZONE: 'UTC' },
    });
    timer.start();
    await clock.advance(2 * hour);
    await timer.close();
    expect(runs).toEqual([1, 2]);
    expect(timer.nextRun()).toBe(Date.UTC(2026, 0, 1, 3));
    // Once at the start, and after each run.
    expect(log).toHaveLength(3);
    expect(log[0]).toMatch(/^error timer: Cannot keep .*: database or disk is full\. /);
  });
});

describe('a timer function with a retry policy', () => {
  const start = Date.UTC(2026, 0, 1, 0, 59, 59);
  const tries = async (retryOptions: object, failures: number, time: number) => {
    const clock = handClock(start);
    const seen: { after: number; retryCount: number | undefined; message: string | undefined }[] =
      [];
    const invoke: Invoke = async ({ retryContext }) => {
      seen.push({
        after: (clock.now() - start) / 1000 - 1,
        retryCount: retryContext?.retryCount,
        message: retryContext?.exception?.message,
      });
      if (seen.length <= failures) throw new Error(`failure ${seen.length}`);
      return {};
    };
    const entry = {
      name: 'timer',
      trigger: { schedule: '0 0 * * * *', useMonitor: false },
      metadata: { retryOptions },
    } as unknown as RegisteredFunction;
    const statuses = { get: () => undefined, put: () => undefined };
    const env = { WEBSITE_TIME_ZONE: 'UTC' };
    const timer = timerFunction(entry, { invoke, log: () => undefined, clock, statuses, env });
    timer.start();
    await clock.advance(time);
    await timer.close();
    return seen;
  };
  const fixed = { strategy: 'fixedDelay', maxRetryCount: 2, delayInterval: { seconds: 10 } };

  it('runs again after each failure, told of the last one, until it succeeds', async () => {
    expect(await tries(fixed, 1, 60_000)).toEqual([
      { after: 0, retryCount: undefined, message: undefined },
      { after: 10, retryCount: 1, message: 'failure 1' },
    ]);
  });

  it('gives up after the last retry, until the next time of its schedule', async () => {
    const seen = await tries(fixed, 9, hour + 5_000);
    expect(seen.map(({ after }) => after)).toEqual([0, 10, 20, 3600]);
  });

  it('waits longer each time when it says so, up to its maximum', async () => {
    const backoff = {
      strategy: 'exponentialBackoff',
      maxRetryCount: -1,
      minimumInterval: { seconds: 1 },
      maximumInterval: { seconds: 5 },
    };
    const seen = await tries(backoff, 5, 60_000);
    expect(seen.map(({ after }) => after)).toEqual([0, 1, 3, 7, 12, 17]);
  });

  it('is not run again once the host closes', async () => {
    expect(await tries(fixed, 9, 5_000)).toHaveLength(1);
  });
});

it('a schedule that never comes due is refused before anything starts', () => {
  const entry = {
    name: 'never',
    trigger: { schedule: '0 0 0 30 2 *' },
    metadata: {},
  } as unknown as RegisteredFunction;
  const host = {
    invoke: async () => ({}),
    log: () => undefined,
    clock: handClock(0),
    statuses: { get: () => undefined, put: () => undefined },
    env: {},
  };
  expect(() => timerFunction(entry, host)).toThrow('"0 0 0 30 2 *" never comes due');
});

describe('a timer function in the host', () => {
  const data = temporaryDirectory();
  let host: RunningHost;
  beforeAll(async () => void (host = await startHost({ dataDir: data.path })));
  afterAll(async () => {
    await host.kill('SIGTERM');
    data.remove();
  });

  it('runs at the start when it asks for it, with its status in camel case', async () => {
    const { ticks } = await eventually(
      async () =>
        (await (await fetch(`${host.url}/api/seen`)).json()) as { ticks: { isPastDue: boolean }[] },
      (seen) => seen.ticks.length > 0,
    );
    expect(ticks).toMatchObject([
      {
        isPastDue: false,
        schedule: { adjustForDST: true },
        scheduleStatus: { next: expect.any(String) },
      },
    ]);
  });
});
