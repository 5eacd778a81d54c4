import { BatchError, invalidProperty, notEmulated } from '../wire/errors.ts';
import { parseDuration } from '../time/duration.ts';
import type { Json } from '../store/documents.ts';

/** Checks one property's value and returns what is kept of it; throws a BatchError that names the property. */
export type Rule<T = unknown> = (value: unknown, name: string) => T;

/** The properties of an object; one whose name ends with `!` is required. */
export type Shape = Readonly<Record<string, Rule>>;

/** Checks a request's body against a shape; absent and null members are left out. */
export function checkBody(body: unknown, shape: Shape): Json {
  if (!isObject(body)) {
    throw new BatchError('InvalidRequestBody', {
      values: [{ key: 'Reason', value: 'The body must be a JSON object.' }],
    });
  }
  return checkMembers(body, shape, '');
}

/** An object of a shape. */
export function object(shape: Shape): Rule<Json> {
  return (value, name) => {
    if (!isObject(value)) throw invalidProperty(name, value, 'It must be an object.');
    return checkMembers(value, shape, `${name}.`);
  };
}

/** A list whose members all keep one rule. */
export function list<T>(rule: Rule<T>, longest = Infinity): Rule<T[]> {
  return (value, name) => {
    if (!Array.isArray(value)) throw invalidProperty(name, value, 'It must be a list.');
    if (value.length > longest) {
      throw invalidProperty(name, value.length, `It may have at most ${longest} members.`);
    }
    return value.map((member: unknown, index) => rule(member, `${name}[${index}]`));
  };
}

/** A text, of at most so many characters. */
export function text(longest = Infinity): Rule<string> {
  return (value, name) => {
    if (typeof value !== 'string') throw invalidProperty(name, value, 'It must be a text.');
    if (value.length > longest) {
      throw invalidProperty(name, value, `It may have at most ${longest} characters.`);
    }
    return value;
  };
}

/** A text that has at least one character. */
export const someText: Rule<string> = (value, name) => {
  if (typeof value === 'string' && value !== '') return value;
  throw invalidProperty(name, value, 'It must be a text that is not empty.');
};

/** An id of a pool, job or task. */
export const id: Rule<string> = (value, name) => {
  if (typeof value === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(value)) return value;
  throw invalidProperty(name, value, 'An id has 1 to 64 characters of A-Z, a-z, 0-9, - and _.');
};

/** A whole number within limits. */
export function integer(least: number, most: number): Rule<number> {
  return (value, name) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) {
      return value;
    }
    throw invalidProperty(name, value, `It must be a whole number from ${least} to ${most}.`);
  };
}

/** True or false. */
export const flag: Rule<boolean> = (value, name) => {
  if (typeof value === 'boolean') return value;
  throw invalidProperty(name, value, 'It must be true or false.');
};

/** An ISO 8601 duration, kept as it was written. */
export function duration(least = 0): Rule<string> {
  return (value, name) => {
    const milliseconds = typeof value === 'string' ? parseDuration(value) : undefined;
    if (milliseconds === undefined) {
      throw invalidProperty(name, value, 'It must be an ISO 8601 duration.');
    }
    if (milliseconds < least) {
      throw invalidProperty(name, value, `It must be at least ${least / 1000} s.`);
    }
    return String(value);
  };
}

/** One of some texts, compared without case, kept as the service writes it. */
export function oneOf<T extends string>(...allowed: readonly T[]): Rule<T> {
  return (value, name) => {
    const found = allowed.find(
      (one) => typeof value === 'string' && one.toLowerCase() === value.toLowerCase(),
    );
    if (found === undefined) {
      throw invalidProperty(name, value, `It must be one of ${allowed.join(', ')}.`);
    }
    return found;
  };
}

/** A value that is accepted only when it asks for nothing that is missing here. */
export function only(harmless: (value: unknown) => boolean): Rule {
  return (value, name) => {
    if (harmless(value)) return value;
    throw notEmulated(`The property ${name}`);
  };
}

/** A property of the service that is not emulated. */
export const refused: Rule = only(() => false);
/** A list that may only be empty. */
export const refusedUnlessEmpty: Rule = only((value) => Array.isArray(value) && value.length === 0);
/** A switch that may only be off. */
export const refusedUnlessFalse: Rule = only((value) => value === false);

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkMembers(value: Json, shape: Shape, prefix: string): Json {
  const checked: Json = {};
  for (const [name, member] of Object.entries(value)) {
    // Own ones only: every object has a `toString`.
    const key = Object.hasOwn(shape, name) ? name : `${name}!`;
    const rule = Object.hasOwn(shape, key) ? shape[key] : undefined;
    if (rule === undefined || name.endsWith('!')) {
      throw new BatchError('UnsupportedProperty', {
        values: [{ key: 'PropertyName', value: prefix + name }],
      });
    }
    if (member !== null && member !== undefined) checked[name] = rule(member, prefix + name);
  }
  for (const name of Object.keys(shape)) {
    if (!name.endsWith('!') || checked[name.slice(0, -1)] !== undefined) continue;
    throw new BatchError('MissingRequiredProperty', {
      values: [{ key: 'PropertyName', value: prefix + name.slice(0, -1) }],
    });
  }
  return checked;
}
