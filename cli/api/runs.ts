import { CliError } from '../errors.ts';
import { COMMAND } from '../package-root.ts';
import type { Api } from './client.ts';
import type { Manifest, Run } from './types.ts';

/** The run of that id; a {@link CliError} when there is none. */
export async function getRun(api: Api, id: string): Promise<Run> {
  const run = await api.find<Run>(runPath(id));
  if (run) return run;
  throw unknownRun(id);
}

/** The run that a person means: by its id, by an id's beginning or end among the newest runs, or `latest`. */
export async function findRun(api: Api, text: string): Promise<Run> {
  const exact = text === 'latest' ? null : await api.find<Run>(runPath(text));
  if (exact) return exact;
  const runs = await listRuns(api);
  const [latest] = runs;
  if (text === 'latest') return latest ?? noRuns();
  const meant = runs.filter(({ id }) => id.startsWith(text) || id.endsWith(text));
  const [first, second] = meant;
  if (first && !second) return first;
  if (!first) throw unknownRun(text);
  const ids = meant.map(({ id }) => id);
  const named = ids.slice(0, 5).join('  ') + (ids.length > 5 ? `  +${ids.length - 5} more` : '');
  throw new CliError(`'${text}' may be any of ${ids.length} runs.`, {
    next: `Say which: ${named}`,
  });
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

/** The manifest of a run; a {@link CliError} when it has none yet. */
export async function getManifest(api: Api, { id, status }: Run): Promise<Manifest> {
  const manifest = await findManifest(api, id);
  if (manifest) return manifest;
  const next = `Follow it with: ${COMMAND} watch ${id}`;
  throw new CliError(`Run ${id} is ${status} and has no manifest yet.`, { next });
}

/** Path of a run below the API's base. */
export function runPath(id: string): string {
  return `/runs/${encodeURIComponent(id)}`;
}

/** Path of the run's manifest below the API's base. */
export function manifestPath(id: string): string {
  return `${runPath(id)}/manifest`;
}

function unknownRun(id: string): CliError {
  return new CliError(`There is no run '${id}'.`, { next: `List them with: ${COMMAND} status` });
}

function noRuns(): never {
  throw new CliError('There are no runs yet.', {
    next: `Start one with: ${COMMAND} drop PIPELINE PATH...`,
  });
}
