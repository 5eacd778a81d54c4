import { Cron } from 'croner';
import { HostError } from '../app/errors.ts';
import { parseTimeSpan, resolveSetting } from '../host-json.ts';

/** When a timer function runs; times are milliseconds since 1970. */
export interface Schedule {
  /** The first time strictly after `time`. */
  next(time: number): number;
}

/** Where `%NAME%` schedules and the time zone come from. */
export type Environment = Record<string, string | undefined>;

/** Compiles an NCRONTAB expression, a `hh:mm:ss` interval, or `%NAME%` of either. */
export function parseSchedule(text: string, env: Environment): Schedule {
  const expression = resolveSetting(text, env);
  if (/^(\d+\.)?\d{1,2}:\d{2}:\d{2}/.test(expression)) return interval(expression);
  const pattern = toCronPattern(expression);
  const timezone = env['WEBSITE_TIME_ZONE'];
  const cron = new Cron(pattern, { domAndDow: true, ...(timezone && { timezone }) });
  return { next: (time) => nextRun(cron, time, text) };
}

function interval(expression: string): Schedule {
  const length = parseTimeSpan(expression, 'schedule');
  if (length <= 0) throw refused(expression, 'an interval must be longer than nothing');
  return { next: (time) => time + length };
}

/** The smallest and largest value of each NCRONTAB field. */
const fields = [
  { name: 'second', min: 0, max: 59 },
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12 },
  { name: 'day of week', min: 0, max: 6 },
] as const;

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Writes an NCRONTAB expression in the plain numbers that both it and croner read alike. */
export function toCronPattern(expression: string): string {
  const parts = expression.split(/\s+/);
  if (parts.length === 5) parts.unshift('0');
  if (parts.length !== 6) throw refused(expression, 'expected sec min hour day month dow');
  return parts.map((part, index) => toCronField(part, index, expression)).join(' ');
}

function toCronField(part: string, index: number, expression: string): string {
  return part
    .split(',')
    .map((item) => toCronItem(item, index, expression))
    .join(',');
}

function toCronItem(item: string, index: number, expression: string): string {
  const field = fields[index];
  const match = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(item);
  if (!field || !match) throw refused(expression, `cannot read "${item}"`);
  const [, first = '', last, step] = match;
  const each = step === undefined ? '' : `/${step}`;
  if (step !== undefined && Number(step) < 1) throw refused(expression, `cannot step by ${step}`);
  if (first === '*') return last === undefined ? `*${each}` : throwRefused(expression, item);
  const low = numberOf(first, index, expression);
  // A single number with a step runs to the end of the field.
  const high = last === undefined ? (each ? field.max : low) : numberOf(last, index, expression);
  if (low === high) return String(low);
  return `${Math.min(low, high)}-${Math.max(low, high)}${each}`;
}

function numberOf(text: string, index: number, expression: string): number {
  const field = fields[index];
  const names = index === 4 ? months : index === 5 ? weekdays : [];
  const named = names.indexOf(text.slice(0, 3).toLowerCase());
  const value = /^\d+$/.test(text)
    ? Number(text)
    : named < 0
      ? Number.NaN
      : named + (field?.min ?? 0);
  if (field && value >= field.min && value <= field.max) return value;
  throw refused(expression, `"${text}" is no ${field?.name} (${field?.min} to ${field?.max})`);
}

function throwRefused(expression: string, item: string): never {
  throw refused(expression, `cannot read "${item}"`);
}

function refused(expression: string, reason: string): HostError {
  return new HostError(`The schedule "${expression}" is not understood: ${reason}.`);
}

function nextRun(cron: Cron, time: number, text: string): number {
  const next = cron.nextRun(new Date(time));
  if (!next) throw new HostError(`The schedule "${text}" never comes due.`);
  return next.getTime();
}
