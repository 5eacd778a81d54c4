import { parseDuration } from '../time/duration.ts';
import type { Rule } from '../validate/rules.ts';
import { invalidProperty } from '../wire/errors.ts';

/** A number from 0 to 1. */
export const probability: Rule<number> = (value, name) => {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw invalidProperty(name, value, 'It must be a number from 0 to 1.');
};

/** A regular expression, as text. */
export const expression: Rule<RegExp> = (value, name) => {
  if (typeof value !== 'string') {
    throw invalidProperty(name, value, 'It must be a regular expression, as text.');
  }
  try {
    return new RegExp(value);
  } catch (error) {
    throw invalidProperty(name, value, error instanceof Error ? error.message : String(error));
  }
};

/** An ISO 8601 duration, in milliseconds. */
export const milliseconds: Rule<number> = (value, name) => {
  const found = typeof value === 'string' ? parseDuration(value) : undefined;
  if (found !== undefined) return found;
  throw invalidProperty(name, value, 'It must be an ISO 8601 duration, e.g. PT30S.');
};
