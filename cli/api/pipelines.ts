import { closest } from '../../lib/plan/closest.ts';
import { CliError } from '../errors.ts';
import { COMMAND } from '../package-root.ts';
import type { Api } from './client.ts';
import type { StoredPipeline } from './types.ts';

/** The stored pipeline of that name; a {@link CliError} that names those there are when there is none. */
export async function getPipeline(api: Api, name: string): Promise<StoredPipeline> {
  const stored = await api.find<StoredPipeline>(pipelinePath(name));
  if (stored) return stored;
  const names = (await listPipelines(api)).map((pipeline) => pipeline.name);
  const guess = closest(name, names);
  const known = names.length > 0 ? `; there are: ${names.join(', ')}` : '';
  throw new CliError(`There is no pipeline '${name}'${known}.`, {
    next: guess ? `Did you mean ${guess}?` : `Store it with: ${COMMAND} apply FILE`,
  });
}

/** The stored pipelines by name. */
export async function listPipelines(api: Api): Promise<StoredPipeline[]> {
  return (await api.get<{ value: StoredPipeline[] }>('/pipelines')).value;
}

/** Path of a pipeline below the API's base. */
export function pipelinePath(name: string): string {
  return `/pipelines/${encodeURIComponent(name)}`;
}
