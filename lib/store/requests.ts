import type { ParamValues } from '../plan/fields/params.ts';
import { readRunJson } from './runs.ts';

/** `runs/{id}/request.json`: what a run was asked with besides blobs. */
export interface RunRequest {
  params: ParamValues;
  /** The objects of a pipeline over a list; null when the pipeline has its own, or none. */
  list: Record<string, string | number | boolean>[] | null;
}

export const REQUEST_FILE = 'request.json';

/** What a run was asked with. */
export async function runRequest(run: string): Promise<RunRequest> {
  return (await readRunJson<RunRequest>(run, REQUEST_FILE)) ?? { params: {}, list: null };
}
