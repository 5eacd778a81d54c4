import { list, put } from '../azure/blobs.ts';
import { controlContainer } from '../azure/storage.ts';
import { findRun } from './runs.ts';

/** `reused-by/{source}/{run}`: outputs of the run `source` stand in the manifest of another, so it is kept as long as that. */

/** Notes that a run reuses what others have made. */
export async function markReused(run: string, sources: Iterable<string>): Promise<void> {
  const control = await controlContainer();
  for (const source of sources) await put(control, reusedBy(source) + run, '');
}

/** Whether a run that is still there reuses what this one has made. */
export async function isReused(source: string): Promise<boolean> {
  const control = await controlContainer();
  for await (const { name } of list(control, reusedBy(source))) {
    if (await findRun(name.slice(reusedBy(source).length))) return true;
  }
  return false;
}

/** How the names of the notes on a run begin. */
export const reusedBy = (source: string): string => `reused-by/${source}/`;
