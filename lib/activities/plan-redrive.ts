import type { Manifest, ManifestItem } from '../plan/manifest.ts';
import {
  blockCount,
  type Candidate,
  pack,
  poolNodes,
  type Round,
  slabsWithin,
  stagingOf,
} from '../plan/plan.ts';
import { inputKey } from '../plan/outcome.ts';
import { isChosen } from '../plan/redrive.ts';
import { itemCounts, type RunRecord } from '../plan/run.ts';
import { runPipeline, writeSlabs } from '../store/plans.ts';
import { commitRound, listRounds, readSlab } from '../store/rounds.ts';
import { partFile, readGeneration, readRunLines, setProgress } from '../store/runs.ts';
import type { RunRef } from './contract.ts';
import { changedInputs } from './inputs.ts';

/** The first round of a redrive: what the manifest of the generation before has not as succeeded, as far as asked for. */
export async function planRedrive(ref: RunRef, record: RunRecord): Promise<Round> {
  const rounds = await listRounds(ref.run);
  const standing = rounds.find(({ generation }) => generation === record.generation);
  const round = standing ?? (await commitRedrive(record, rounds));
  const { counts } = await previousManifest(ref.run, record.generation);
  const chosen = round.slabs.reduce((sum, { items }) => sum + items, 0);
  const left = counts.items - counts.succeeded - chosen;
  await setProgress(ref, {
    phase: 'plan',
    tasks: null,
    failures: null,
    items: itemCounts(
      counts.items,
      { succeeded: counts.succeeded, failed: left },
      { running: 0, perTask: 1 },
    ),
  });
  return round;
}

/** The manifest that a redrive goes by. */
export function previousManifest(run: string, generation: number): Promise<Manifest> {
  return readGeneration(run, generation - 1);
}

/** The blocks that the parts of a manifest cover; a manifest with its items inline has its one part too. */
export function blocksOf({ counts }: Pick<Manifest, 'counts'>): number[] {
  return Array.from({ length: blockCount(counts.items) }, (_, block) => block);
}

async function commitRedrive(record: RunRecord, rounds: Round[]): Promise<Round> {
  const { id: run, generation } = record;
  const candidates: Candidate[] = [];
  for (const block of blocksOf(await previousManifest(run, generation))) {
    candidates.push(...(await chosenIn(record, block, rounds)));
  }
  const { pipeline } = await runPipeline(run);
  const firstSlab = rounds.flatMap(({ slabs }) => slabs).length;
  const current = await asTheyAre(candidates);
  const planned = pack(current, { rule: pipeline.tasks.pack, firstSlab, aligned: false });
  const tasks = planned.reduce((sum, slab) => sum + slab.length, 0);
  return commitRound(run, {
    round: rounds.length + 1,
    generation,
    reason: `a redrive of ${candidates.length} items`,
    slabs: await writeSlabs(run, planned, firstSlab),
    notBefore: 0,
    nodes: poolNodes(pipeline, tasks),
  });
}

/** The items of a block to run again, each with an attempt that no task had yet. */
async function chosenIn(record: RunRecord, block: number, rounds: Round[]): Promise<Candidate[]> {
  const { id: run, generation } = record;
  const choice = record.redrive ?? { items: [], causes: [] };
  const entries = await readRunLines<ManifestItem>(run, partFile(generation - 1, block));
  const chosen = new Set(entries.filter((item) => isChosen(item, choice)).map(({ id }) => id));
  const candidates = new Map<string, Candidate>();
  if (chosen.size === 0) return [];
  for (const slab of slabsWithin(rounds, block)) {
    for (const { items, attempt } of await readSlab(run, slab)) {
      for (const item of items) {
        if (chosen.has(item.id)) candidates.set(item.id, { item, attempt: attempt + 1, tried: 0 });
      }
    }
  }
  return [...candidates.values()].toSorted((a, b) => Number(a.item.id) - Number(b.item.id));
}

/** Whoever mended an input wants the mended one to be run. */
async function asTheyAre(candidates: Candidate[]): Promise<Candidate[]> {
  const changed = await changedInputs(candidates.length, () => [
    candidates.map(({ item }) => item),
  ]);
  const now = new Map(changed.map((input) => [inputKey(input), input]));
  return candidates.map((candidate) => {
    const { item } = candidate;
    // A part of a blob is a part of the version that was planned.
    if (!item.input || stagingOf(item) !== 'file') return candidate;
    const { etag, size } = now.get(inputKey(item.input)) ?? item.input;
    return { ...candidate, item: { ...item, input: { ...item.input, etag, size } } };
  });
}
