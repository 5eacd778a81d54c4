import { existsSync, readFileSync } from 'node:fs';
import { HostError, messageOf } from './app/errors.ts';

/**
 * The object in a JSON file, which may have comments, or an empty one when there is no file; throws a
 * HostError on bad JSON.
 */
export function readJson(path: string): Record<string, unknown> {
  if (!existsSync(path)) return {};
  const text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  let value: unknown;
  try {
    value = JSON.parse(text.replace(stringOrComment, (found) => (found[0] === '"' ? found : ' ')));
  } catch (cause) {
    throw new HostError(`${path} is not valid JSON: ${messageOf(cause)}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new HostError(`${path} holds ${JSON.stringify(value)}; expected a JSON object.`);
}

const stringOrComment = /"(?:\\.|[^"\\])*"|\/\/[^\n]*|\/\*[^]*?\*\//g;

/** The object under a key, or an empty one. */
export function objectAt(parent: Record<string, unknown>, key: string): Record<string, unknown> {
  const value = parent[key];
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
