import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSchedule, toCronPattern } from '../../../../local/host/triggers/schedule.ts';

const env = { WEBSITE_TIME_ZONE: 'UTC', EVERY_HOUR: '0 0 * * * *' };
const nextOf = (schedule: string, from: string): string =>
  new Date(parseSchedule(schedule, env).next(Date.parse(from))).toISOString();

describe('a schedule', () => {
  it.each([
    ['0 */5 * * * *', '2026-11-23T21:50:40Z', '2026-11-23T21:55:00.000Z'],
    ['*/5 * * * *', '2026-11-23T21:50:40Z', '2026-11-23T21:55:00.000Z'],
    ['0 0 * * * *', '2026-11-23T21:00:00Z', '2026-11-23T22:00:00.000Z'],
    ['0 30 9 * * Mon-Fri', '2026-11-21T00:00:00Z', '2026-11-23T09:30:00.000Z'],
    ['0 30 9 * Jan Monday', '2026-11-23T21:50:40Z', '2027-01-04T09:30:00.000Z'],
    // Day of month and day of week must both match.
    ['0 0 0 13 * 5', '2026-11-14T00:00:00Z', '2027-08-13T00:00:00.000Z'],
    ['0 5/20 * * * *', '2026-11-23T21:06:00Z', '2026-11-23T21:25:00.000Z'],
    ['00:00:30', '2026-11-23T21:50:40Z', '2026-11-23T21:51:10.000Z'],
    ['%EVERY_HOUR%', '2026-11-23T21:50:40Z', '2026-11-23T22:00:00.000Z'],
  ])('%s after %s comes due at %s', (schedule, from, next) => {
    expect(nextOf(schedule, from)).toBe(next);
  });

  it.each([
    ['0 0 0 L * *', '"L" is no day (1 to 31)'],
    ['0 0 0 15W * *', 'day'],
    ['0 0 0 * * 5#2', 'cannot read "5#2"'],
    ['0 0 0 ? * *', 'cannot read "?"'],
    ['@daily', 'expected sec min hour day month dow'],
    ['0 0 24 * * *', '"24" is no hour (0 to 23)'],
    ['0 0 0 * * 7', '"7" is no day of week (0 to 6)'],
    ['0 */0 * * * *', 'cannot step by 0'],
    ['%MISSING%', 'names the setting MISSING, which is not set'],
    ['0 0 0 31 2 *', 'never comes due'],
  ])('%s is refused', (schedule, text) => {
    expect(() => parseSchedule(schedule, env).next(0)).toThrow(text);
  });

  it('writes reversed ranges and names as plain numbers', () => {
    expect(toCronPattern('10-5 * * * DEC,jan SAT-mon/2')).toBe('5-10 * * * 12,1 1-6/2');
  });

  it('always comes due later than asked, at a second that its fields allow', () => {
    const field = (min: number, max: number) =>
      fc.oneof(fc.constant('*'), fc.integer({ min, max }).map(String));
    const time = fc.date({
      min: new Date('2000-01-01'),
      max: new Date('2040-01-01'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(field(0, 59), field(0, 59), field(0, 23), time, (second, minute, hour, from) => {
        const next = new Date(
          parseSchedule(`${second} ${minute} ${hour} * * *`, env).next(from.getTime()),
        );
        expect(next.getTime()).toBeGreaterThan(from.getTime());
        if (second !== '*') expect(next.getUTCSeconds()).toBe(Number(second));
        if (minute !== '*') expect(next.getUTCMinutes()).toBe(Number(minute));
        if (hour !== '*') expect(next.getUTCHours()).toBe(Number(hour));
      }),
    );
  });
});

describe('a schedule where clocks are changed', () => {
  const berlin = { WEBSITE_TIME_ZONE: 'Europe/Berlin' };
  const runs = (schedule: string, from: string, to: string): string[] => {
    const parsed = parseSchedule(schedule, berlin);
    const found: string[] = [];
    for (let time = parsed.next(Date.parse(from)); time <= Date.parse(to);) {
      found.push(new Date(time).toISOString().slice(8, 16));
      time = parsed.next(time);
    }
    return found;
  };

  it.each([
    // 02:30 is not on the clock that day: it runs when the clock jumps.
    ['0 30 2 * * *', '2026-03-28T02:00Z', '2026-03-30T02:00Z', ['29T01:00', '30T00:30']],
    // 02:30 comes twice that day: it runs at the first one only.
    ['0 30 2 * * *', '2026-10-24T02:00Z', '2026-10-26T02:00Z', ['25T00:30', '26T01:30']],
    // Each real hour has its run, though the clock shows 02:00 twice or never.
    ['0 0 * * * *', '2026-10-24T23:30Z', '2026-10-25T02:30Z', ['25T00:00', '25T01:00', '25T02:00']],
    ['0 0 * * * *', '2026-03-28T23:30Z', '2026-03-29T02:30Z', ['29T00:00', '29T01:00', '29T02:00']],
  ])('%s from %s to %s runs at %j', (schedule, from, to, expected) => {
    expect(runs(schedule, from, to)).toEqual(expected);
  });

  it('runs daily ones once on each day of the year, whatever the time', () => {
    const day = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Berlin' });
    const nat = (max: number) => fc.integer({ min: 0, max });
    fc.assert(
      fc.property(nat(59), nat(3), (minute, hour) => {
        const { next } = parseSchedule(`0 ${minute} ${hour} * * *`, berlin);
        const days: string[] = [];
        let time = Date.parse('2025-12-31T23:00Z') - 1;
        for (let count = 0; count < 365; count++) {
          time = next(time);
          days.push(day.format(time));
        }
        expect(new Set(days).size).toBe(365);
        expect([days.at(0), days.at(-1)]).toEqual(['2026-01-01', '2026-12-31']);
      }),
      { numRuns: 20 },
    );
  });
});
