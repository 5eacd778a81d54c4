import { FormulaError, type Place } from './formula-error.ts';
import { double, interval, timestamp, vector, type Value } from './values.ts';

/** One measurement. */
export interface Sample {
  /** Milliseconds since 1970. */
  at: number;
  value: number;
}

/** Milliseconds between the measurements of a variable. */
export const samplePeriod = 30_000;

/** A variable of the service with its history, oldest first. */
export interface Series {
  name: string;
  samples: readonly Sample[];
}

/** The newest measurement, which a variable has where a plain value is wanted. */
export function lastSample(series: Series, place: Place): Value {
  const last = series.samples.at(-1);
  if (last === undefined) throw insufficient(series, place, 100, 0);
  return double(last.value);
}

/** Calls a method of a variable; undefined when there is no such method for these arguments. */
export function callSeries(
  series: Series,
  method: string,
  given: readonly Value[],
  { now, place }: { now: number; place: Place },
): Value | undefined {
  const from = given[0];
  switch (method) {
    case 'Count':
      return double(series.samples.length);
    case 'HistoryBeginTime':
      return timestamp(series.samples[0]?.at ?? now);
    case 'GetSamplePeriod':
      return interval(samplePeriod);
    case 'GetSamplePercent': {
      const window = windowOf(given, now);
      return window === undefined ? undefined : double(percentIn(series, window));
    }
    case 'GetSample':
      if (from?.type === 'double') return newest(series, from.value, place);
      return samplesWithin(series, given, { now, place });
    default:
      return undefined;
  }
}

interface Window {
  start: number;
  end: number;
}

/** The times meant by one or two arguments: intervals look back from now. */
function windowOf(given: readonly Value[], now: number): Window | undefined {
  const times = given.slice(0, 2).map((value) => {
    if (value.type === 'timestamp') return value.value;
    return value.type === 'timeinterval' ? now - value.value : undefined;
  });
  const [first, second = now] = times;
  if (first === undefined || times.includes(undefined)) return undefined;
  return { start: Math.min(first, second), end: Math.max(first, second) };
}

function inWindow(series: Series, { start, end }: Window): number[] {
  return series.samples.filter(({ at }) => at > start && at <= end).map(({ value }) => value);
}

function percentIn(series: Series, window: Window): number {
  const expected = Math.max(1, Math.floor((window.end - window.start) / samplePeriod));
  return Math.min(100, Math.round((100 * inWindow(series, window).length) / expected));
}

function newest(series: Series, count: number, place: Place): Value {
  const found = series.samples.slice(-Math.max(1, Math.floor(count))).map(({ value }) => value);
  if (found.length === 0) throw insufficient(series, place, 100, 0);
  return vector(found);
}

function samplesWithin(
  series: Series,
  given: readonly Value[],
  { now, place }: { now: number; place: Place },
): Value | undefined {
  const last = given.at(-1);
  const percent = given.length > 1 && last?.type === 'double' ? last.value : undefined;
  const window = windowOf(percent === undefined ? given : given.slice(0, -1), now);
  if (window === undefined) return undefined;
  const received = percentIn(series, window);
  if (received < (percent ?? 1)) throw insufficient(series, place, percent ?? 1, received);
  return vector(inWindow(series, window));
}

function insufficient(
  { name }: Series,
  place: Place,
  wanted: number,
  received: number,
): FormulaError {
  return new FormulaError(
    'samples',
    place,
    `Insufficient data from data set: ${name} wanted ${wanted}%, received ${received}%`,
  );
}
