import type { z } from 'zod';
import { SluiceError } from '../errors.ts';

/** Reads a query by its schema. Throws `InvalidRequest` that names each fault. */
export function readQuery<S extends z.ZodType>(
  schema: S,
  query: Record<string, string>,
): z.output<S> {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? `there is no '${issue.keys.join("', '")}' here`
      : `'${issue.path.join('.')}' must be ${issue.message}, not ${JSON.stringify(query[String(issue.path[0])])}`,
  );
  throw new SluiceError('InvalidRequest', `The query does not fit: ${faults.join('; ')}.`);
}

/** Reads a JSON body that may be left out. Throws `InvalidRequest` with the example. */
export function readBody<S extends z.ZodType>(
  schema: S,
  body: string,
  example: string,
): z.output<S> {
  const expected = `The body must be empty or JSON such as ${example}`;
  const parsed = schema.safeParse(body.trim() === '' ? {} : json(body, expected));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new SluiceError('InvalidRequest', `${expected}; ${faults.join('; ')}.`);
}

function json(body: string, expected: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new SluiceError('InvalidRequest', `${expected}; this is not JSON.`, { cause });
  }
}
