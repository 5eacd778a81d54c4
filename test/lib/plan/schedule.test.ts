import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePipeline } from '../../../lib/plan/parse-pipeline.ts';
import { dueTimes, nextTime, type Schedule } from '../../../lib/plan/schedule.ts';
import { pipelineFile } from '../../e2e/harness.ts';

const at = (text: string): number => Date.parse(text);
const iso = (times: number[]): string[] =>
  times.map((time) => new Date(time).toISOString().replace(':00.000Z', 'Z'));

function due(fields: Partial<Schedule>, from: string, now: string): string[] {
  const schedule: Schedule = { cron: '0 2 * * *', timeZone: 'UTC', catchUp: 'all', ...fields };
  return iso(dueTimes(schedule, at(from), at(now)).times);
}

test.each([
  ['a time that is now', {}, '2026-11-24T03:00Z', '2026-11-25T02:00Z', ['2026-11-25T02:00Z']],
  ['nothing before its time', {}, '2026-11-24T03:00Z', '2026-11-25T01:59:59Z', []],
  ['nothing at the time that was dealt with', {}, '2026-11-25T02:00Z', '2026-11-25T02:01Z', []],
  [
    'either day when both are named, as cron has it',
    { cron: '0 0 1 * MON' },
    '2026-11-28T00:00Z',
    '2026-12-02T00:00Z',
    ['2026-11-30T00:00Z', '2026-12-01T00:00Z'],
  ],
  [
    'the local time of its zone, in winter and in summer',
    { timeZone: 'Europe/Berlin' },
    '2026-03-27T12:00Z',
    '2026-03-30T12:00Z',
    ['2026-03-28T01:00Z', '2026-03-29T01:00Z', '2026-03-30T00:00Z'],
  ],
  [
    'a local time that a clock change leaves out, as much later as the clock was put on',
    { cron: '30 2 * * *', timeZone: 'Europe/Berlin' },
    '2026-03-28T12:00Z',
    '2026-03-30T12:00Z',
    ['2026-03-29T01:00Z', '2026-03-30T00:30Z'],
  ],
  [
    'a local time that comes twice, once',
    { cron: '30 2 * * *', timeZone: 'Europe/Berlin' },
    '2026-10-24T12:00Z',
    '2026-10-26T12:00Z',
    ['2026-10-25T00:30Z', '2026-10-26T01:30Z'],
  ],
  [
    'every hour that passes while the clock is put back',
    { cron: '0 * * * *', timeZone: 'Europe/Berlin' },
    '2026-10-24T23:30Z',
    '2026-10-25T02:30Z',
    ['2026-10-25T00:00Z', '2026-10-25T01:00Z', '2026-10-25T02:00Z'],
  ],
  [
    'every quarter while the clock is put on, none twice',
    { cron: '*/15 * * * *', timeZone: 'America/New_York' },
    '2026-03-08T06:40Z',
    '2026-03-08T07:20Z',
    ['2026-03-08T06:45Z', '2026-03-08T07:00Z', '2026-03-08T07:15Z'],
  ],
  [
    'the last day of a month',
    { cron: '0 0 L * *' },
    '2026-01-15T00:00Z',
    '2026-03-01T00:00Z',
    ['2026-01-31T00:00Z', '2026-02-28T00:00Z'],
  ],
])('a schedule comes to %s', (_, fields, ...between) => {
  const [from, now, times] = between as [string, string, string[]];
  expect(due(fields, from, now)).toEqual(times);
});

test.each([
  ['none', '2026-11-25T02:04Z', ['2026-11-25T02:00Z'], 2],
  ['none', '2026-11-25T02:06Z', [], 3],
  ['last', '2026-11-25T05:00Z', ['2026-11-25T02:00Z'], 2],
  ['all', '2026-11-25T05:00Z', ['2026-11-23T02:00Z', '2026-11-24T02:00Z', '2026-11-25T02:00Z'], 0],
] as const)(
  'after three nights catchUp: %s at %s starts what it says',
  (catchUp, now, times, skipped) => {
    const schedule: Schedule = { cron: '0 2 * * *', timeZone: 'UTC', catchUp };
    const found = dueTimes(schedule, at('2026-11-22T12:00Z'), at(now));
    expect([iso(found.times), found.skipped]).toEqual([times, skipped]);
  },
);

test('of very many missed times the last hundred are caught up with', () => {
  const schedule: Schedule = { cron: '* * * * *', timeZone: 'UTC', catchUp: 'all' };
  const { times, skipped } = dueTimes(schedule, at('2025-11-25T00:00Z'), at('2026-11-25T00:00Z'));
  expect(times).toHaveLength(100);
  expect(iso(times.slice(-1))).toEqual(['2026-11-25T00:00Z']);
  expect(skipped).toBeGreaterThan(0);
});

test('ticks at whatever times come to each time of a schedule exactly once', () => {
  const crons = fc.constantFrom('*/7 * * * *', '0 * * * *', '30 2 * * *', '15 1,2,3 * * *');
  const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe');
  const starts = fc.constantFrom('2026-03-28T20:00Z', '2026-10-24T20:00Z', '2026-11-01T00:00Z');
  const steps = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(crons, zones, starts, steps, (cron, timeZone, start, minutes) => {
      const schedule: Schedule = { cron, timeZone, catchUp: 'all' };
      const begun = at(start);
      const found: number[] = [];
      let from = begun;
      for (const step of minutes) {
        const now = from + step * 60_000;
        found.push(...dueTimes(schedule, from, now).times);
        from = now;
      }
      const expected: number[] = [];
      let next = nextTime(schedule, begun);
      while (next !== null && next <= from) {
        expected.push(next);
        next = nextTime(schedule, next);
      }
      expect(found).toEqual(expected);
    }),
    { numRuns: 40 },
  );
});

test.each([
  ['cron: 0 2 * *', 'on.schedule.cron', 'five fields'],
  ['cron: 0 0 2 * * *', 'on.schedule.cron', 'five fields'],
  ["cron: '61 * * * *'", 'on.schedule.cron', 'Invalid value for minute: 61'],
  ["cron: '0 0 30 2 *'", 'on.schedule.cron', 'there is no such day'],
  ["cron: '0 2 * * *', timeZone: Europe/Bremen", 'on.schedule.timeZone', 'IANA time zone'],
  ["cron: '0 2 * * *', catchUp: some", 'on.schedule.catchUp', "'none' or 'last' or 'all'"],
  ["cron: '0 2 * * *', every: 1h", 'on.schedule.every', 'one of cron, timeZone, catchUp'],
])('a schedule { %s } is refused at %s', (fields, path, words) => {
  const file = pipelineFile({ name: 'nightly', command: 'true' });
  const { problems } = parsePipeline(
    file.replace('settle: 1s } }', `settle: 1s }, schedule: { ${fields} } }`),
    'nightly.yaml',
  );
  expect(problems).toMatchObject([
    { path, line: 2, expected: expect.stringContaining(words) as string },
  ]);
});

test('a schedule goes by UTC and catches up with the last time unless it says otherwise', () => {
  const file = pipelineFile({ name: 'nightly', command: 'true' });
  const { pipeline } = parsePipeline(
    file.replace('settle: 1s } }', "settle: 1s }, schedule: { cron: '0 2 * * *' } }"),
    'nightly.yaml',
  );
  expect(pipeline?.on.schedule).toEqual({ cron: '0 2 * * *', timeZone: 'UTC', catchUp: 'last' });
});
