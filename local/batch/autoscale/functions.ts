import { double, timestamp, vector, type Value } from './values.ts';

/** What functions need besides their arguments. */
export interface FunctionContext {
  /** Milliseconds since 1970. */
  now: number;
  /** From 0 to below 1. */
  random: () => number;
}

/** Calls a function of the language; undefined when there is none of that name for these arguments. */
export function callFunction(
  name: string,
  given: readonly Value[],
  context: FunctionContext,
): Value | undefined {
  const [first, second] = given;
  if (name === 'time') return timeOf(first, context);
  if (name === 'rand') return given.length === 0 ? double(context.random()) : undefined;
  if (Object.hasOwn(elementwise, name)) return applyEach(elementwise[name], first);
  if (name === 'val' || name === 'percentile') return ofVector(name, first, second);
  const aggregate = Object.hasOwn(aggregates, name) ? aggregates[name] : undefined;
  const numbers = flatten(given);
  if (aggregate === undefined || numbers === undefined) return undefined;
  return numbers.length === 0 && name !== 'len' && name !== 'sum'
    ? undefined
    : double(aggregate(numbers));
}

function timeOf(text: Value | undefined, { now }: FunctionContext): Value | undefined {
  if (text === undefined || (text.type === 'string' && text.value === '')) return timestamp(now);
  if (text.type !== 'string') return undefined;
  // A text without a zone is UTC.
  const zoned = /[Zz]|[+-]\d\d:?\d\d$|GMT|UTC/.test(text.value);
  const milliseconds = Date.parse(zoned ? text.value : `${text.value} UTC`);
  return Number.isNaN(milliseconds) ? undefined : timestamp(milliseconds);
}

const elementwise: Record<string, (value: number) => number> = {
  lg: Math.log2,
  ln: Math.log,
  log: Math.log10,
};

function applyEach(
  apply: ((value: number) => number) | undefined,
  value: Value | undefined,
): Value | undefined {
  if (apply === undefined) return undefined;
  if (value?.type === 'double') return double(apply(value.value));
  return value?.type === 'doubleVec' ? vector(value.value.map(apply)) : undefined;
}

function ofVector(
  name: 'val' | 'percentile',
  list: Value | undefined,
  which: Value | undefined,
): Value | undefined {
  if (list?.type !== 'doubleVec' || which?.type !== 'double') return undefined;
  if (name === 'val') {
    const found = list.value[Math.trunc(which.value)];
    return found === undefined ? undefined : double(found);
  }
  if (list.value.length === 0 || !(which.value >= 0 && which.value <= 100)) return undefined;
  return double(percentile(list.value, which.value));
}

function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (percent / 100) * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? 0;
  const above = sorted[Math.ceil(at)] ?? 0;
  return below + (above - below) * (at - Math.floor(at));
}

const aggregates: Record<string, (values: readonly number[]) => number> = {
  avg: mean,
  len: (values) => values.length,
  max: (values) => values.reduce((a, b) => Math.max(a, b)),
  min: (values) => values.reduce((a, b) => Math.min(a, b)),
  norm: (values) => Math.sqrt(sum(values.map((value) => value * value))),
  range: (values) =>
    values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b)),
  std: (values) => {
    if (values.length < 2) return 0;
    const middle = mean(values);
    return Math.sqrt(sum(values.map((value) => (value - middle) ** 2)) / (values.length - 1));
  },
  sum,
};

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

/** A list of doubles and vectors as one list of numbers. */
function flatten(values: readonly Value[]): number[] | undefined {
  const numbers: number[] = [];
  for (const value of values) {
    if (value.type === 'double') numbers.push(value.value);
    else if (value.type === 'doubleVec') numbers.push(...value.value);
    else return undefined;
  }
  return numbers;
}
