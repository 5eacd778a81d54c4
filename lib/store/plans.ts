import { SluiceError } from '../errors.ts';
import { sha256 } from '../plan/ids.ts';
import type { ManifestItem } from '../plan/manifest.ts';
import type { Plan, PlannedTask, Reused, Slab } from '../plan/plan.ts';
import type { StoredPipeline } from './pipelines.ts';
import { putRunFile, readRunJson, readRunLines } from './runs.ts';

/** The pipeline as it was when the run was asked for. */
export async function runPipeline(run: string): Promise<StoredPipeline> {
  const stored = await readRunJson<StoredPipeline>(run, 'pipeline.json');
  if (!stored) throw new SluiceError('CorruptRecord', `Run ${run} has no pipeline.json.`);
  // Any JSON would do for a type: without this, a damaged record is a fault of ours somewhere else.
  if (typeof stored.pipeline !== 'object') {
    throw new SluiceError('CorruptRecord', `runs/${run}/pipeline.json holds no pipeline.`);
  }
  return stored;
}

/** The plan that stands. Throws `CorruptRecord`. */
export async function runPlan(run: string): Promise<Plan> {
  const committed = await findPlan(run);
  if (!committed) throw new SluiceError('CorruptRecord', `Run ${run} has no plan.json.`);
  return committed;
}

/** The plan that stands; null when none does yet. Throws `CorruptRecord`. */
export async function findPlan(run: string): Promise<Plan | null> {
  const committed = await readRunJson<Plan>(run, 'plan.json');
  if (committed && !(Number.isInteger(committed.items) && Array.isArray(committed.slabs))) {
    throw new SluiceError('CorruptRecord', `runs/${run}/plan.json holds no plan.`);
  }
  return committed;
}

/** Writes slabs by the hash of their content, so that writing one twice changes nothing. */
export async function writeSlabs(
  run: string,
  slabs: PlannedTask[][],
  firstIndex: number,
): Promise<Slab[]> {
  const written: Slab[] = [];
  for (const tasks of slabs) {
    const body = tasks.map((task) => JSON.stringify(task)).join('\n');
    const blob = `slabs/${sha256(body)}.ndjson`;
    await putRunFile(run, blob, body, 'application/x-ndjson');
    const ids = tasks.flatMap(({ items }) => items.map(({ id }) => id)).toSorted(byNumber);
    written.push({
      index: firstIndex + written.length,
      blob,
      tasks: tasks.length,
      items: ids.length,
      first: ids.at(0) ?? '',
      last: ids.at(-1) ?? '',
    });
  }
  return written;
}

/** Writes the entries of items that do not run, by the hash of their content. */
export async function writeReused(
  run: string,
  block: number,
  entries: ManifestItem[],
): Promise<Reused> {
  const body = entries.map((entry) => JSON.stringify(entry)).join('\n');
  const blob = `reused/${sha256(body)}.ndjson`;
  await putRunFile(run, blob, body, 'application/x-ndjson');
  const runs = new Set(entries.flatMap(({ reused }) => reused?.run ?? []));
  return { block, blob, items: entries.length, runs: [...runs] };
}

/** The entries of a plan's items that do not run: of one block, or all. */
export async function* readReused(
  { run, reused = [] }: Plan,
  block?: number,
): AsyncGenerator<ManifestItem> {
  for (const each of reused) {
    if (block === undefined || each.block === block) {
      yield* await readRunLines<ManifestItem>(run, each.blob);
    }
  }
}

function byNumber(a: string, b: string): number {
  return Number(a) - Number(b);
}
