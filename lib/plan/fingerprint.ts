import type { ParamValues } from './fields/params.ts';
import { sha256 } from './ids.ts';
import type { Pipeline } from './pipeline-schema.ts';
import type { Item } from './plan.ts';

/** Everything but the item that outputs depend on; a secret counts by the name of its setting. */
export function settingsHash({ tasks, pool }: Pipeline, params: ParamValues): string {
  const { command, shell, outputs, container, environment, secrets } = tasks;
  const { image, setup, packages } = pool;
  const ofTask = [command, shell, outputs, container, sorted(environment), sorted(secrets)];
  const ofNode = [image, setup?.command, packages];
  return sha256(JSON.stringify([ofTask, ofNode, sorted(params)].map((part) => part ?? null)));
}

/**
 * What an item's outputs depend on: two items with the same one are the same piece of work. A line counts by its text,
 * so that one added to a file leaves the others as they were.
 */
export function fingerprint(settings: string, { input, range, line, values }: Item): string {
  const version = line === undefined ? [input?.etag, range?.start, range?.end] : [line];
  const of = [settings, input?.container, input?.name, version, sorted(values)];
  return sha256(JSON.stringify(of.map((part) => part ?? null))).slice(0, 40);
}

function sorted(values: Record<string, unknown> = {}): [string, unknown][] {
  return Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
