import type { Json, Schedule } from '../store/documents.ts';
import { parseDuration } from '../time/duration.ts';
import { invalidProperty } from '../wire/errors.ts';
import { jobSpecification } from './job.ts';
import { metadata } from './parts.ts';
import { checkBody, duration, id, object, text, type Rule } from './rules.ts';

/** What a request sets of a job schedule. */
export interface ScheduleChange {
  id?: string;
  displayName?: string;
  schedule?: Json;
  jobSpecification?: Json;
  metadata?: Json[];
}

/** Checks the body of JobSchedule_Add. */
export function checkNewSchedule(body: unknown): ScheduleChange {
  return checkBody(body, { 'id!': id, displayName: text(1024), ...required });
}

/** Checks the body of JobSchedule_Update, which replaces everything that may change. */
export function checkScheduleUpdate(body: unknown): ScheduleChange {
  return checkBody(body, required);
}

/** Checks the body of JobSchedule_Patch. */
export function checkSchedulePatch(body: unknown): ScheduleChange {
  return checkBody(body, { schedule, jobSpecification, metadata });
}

/** The times of a schedule as they are reckoned with. */
export function readSchedule(given: Json): Schedule {
  const read: Schedule = {};
  for (const name of ['doNotRunUntil', 'doNotRunAfter'] as const) {
    if (given[name] !== undefined) read[name] = Date.parse(String(given[name])) * 1000;
  }
  for (const name of ['startWindow', 'recurrenceInterval'] as const) {
    const length = given[name] === undefined ? undefined : parseDuration(String(given[name]));
    if (length !== undefined) read[name] = length;
  }
  return read;
}

const time: Rule<string> = (value, name) => {
  const milliseconds = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (!Number.isNaN(milliseconds)) return new Date(milliseconds).toISOString();
  throw invalidProperty(name, value, 'It must be a time such as 2026-01-31T08:00:00Z.');
};

const minute = 60_000;
const schedule = object({
  doNotRunUntil: time,
  doNotRunAfter: time,
  startWindow: duration(minute),
  recurrenceInterval: duration(minute),
});
const required = { 'schedule!': schedule, 'jobSpecification!': jobSpecification, metadata };
