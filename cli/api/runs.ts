import { CliError } from '../errors.ts';
import { COMMAND } from '../package-root.ts';
import type { Api } from './client.ts';
import type { Manifest, Run } from './types.ts';

/** The run of that id; a {@link CliError} when there is none. */
export async function getRun(api: Api, id: string): Promise<Run> {
  const run = await api.find<Run>(`/runs/${encodeURIComponent(id)}`);
  if (run) return run;
  throw new CliError(`There is no run '${id}'.`, { next: `List them with: ${COMMAND} status` });
}

/** The runs, newest first, of one pipeline or of all. */
export async function listRuns(api: Api, pipeline?: string): Promise<Run[]> {
  const query = pipeline ? `?pipeline=${encodeURIComponent(pipeline)}` : '';
  const { value } = await api.get<{ value: Run[] }>(`/runs${query}`);
  return value;
}

/** The run's manifest; null until it is written. */
export function findManifest(api: Api, id: string): Promise<Manifest | null> {
  return api.find<Manifest>(manifestPath(id));
}

/** Path of a run below the API's base. */
export function runPath(id: string): string {
  return `/runs/${encodeURIComponent(id)}`;
}

/** Path of the run's manifest below the API's base. */
export function manifestPath(id: string): string {
  return `${runPath(id)}/manifest`;
}
