import type { Manifest, ManifestItem } from '../plan/manifest.ts';
import { blockCount, type Plan } from '../plan/plan.ts';
import { readReused } from './plans.ts';
import { partFile, readRunJson, readRunLines } from './runs.ts';

/** The items of a run's newest manifest; none while it has no manifest. */
export async function* readManifestItems(run: string): AsyncGenerator<ManifestItem> {
  const manifest = await readRunJson<Manifest>(run, 'manifest.json');
  if (!manifest) return;
  if (manifest.items) {
    yield* manifest.items;
    return;
  }
  for (let block = 0; block < blockCount(manifest.counts.items); block++) {
    yield* await readRunLines<ManifestItem>(run, partFile(manifest.generation, block));
  }
}

/** The entries of a block that a generation begins with: what it reuses, or what the one before came to. */
export async function entriesBefore(
  plan: Plan,
  generation: number,
  block: number,
): Promise<ManifestItem[]> {
  if (generation > 1) return readRunLines<ManifestItem>(plan.run, partFile(generation - 1, block));
  const entries: ManifestItem[] = [];
  for await (const entry of readReused(plan, block)) entries.push(entry);
  return entries;
}
