import type { DurableClient } from 'durable-functions';
import { SluiceError } from '../errors.ts';
import type { Manifest, ManifestItem } from '../plan/manifest.ts';
import { blockCount, blockOf } from '../plan/plan.ts';
import { isChosen, type RedriveChoice } from '../plan/redrive.ts';
import { GOING, type RunRecord } from '../plan/run.ts';
import { runPipeline } from '../store/plans.ts';
import { unsealRun } from '../store/run-index.ts';
import {
  getRun,
  isActive,
  markActive,
  partFile,
  readRunJson,
  readRunLines,
  updateRun,
} from '../store/runs.ts';
import { drive } from './durable.ts';
import { inTurn } from './turns.ts';

/**
 * Runs again what a run that has ended did not get done, in a new job and into the next generation of its manifest.
 * The run's record changes by compare and set, so asking twice starts one. Throws `Conflict` while the run is going,
 * and when nothing is left that was asked for.
 */
export async function redriveRun(
  run: string,
  choice: RedriveChoice,
  client: DurableClient,
): Promise<RunRecord> {
  const record = await getRun(run);
  if (record.status === 'Running') {
    throw new SluiceError('Conflict', `Run ${run} is going; it can be redriven once it has ended.`);
  }
  if (await isActive(run)) {
    const message = `Run ${run} is ${record.status} and is being cleaned up; ask again in a moment.`;
    throw new SluiceError('Conflict', message);
  }
  await mustChoose(record, choice);
  const next = { run, generation: record.generation + 1 };
  const begun = await inTurn(await runPipeline(run), next, async () => {
    await markActive({ run, epoch: record.epoch + 1 });
    await unsealRun(record);
    return begin(record, choice);
  });
  await drive(client, begun);
  return begun;
}

async function begin(record: RunRecord, redrive: RedriveChoice): Promise<RunRecord> {
  const { id: run, epoch, generation } = record;
  try {
    return await updateRun({ run, epoch }, (now) => ({
      ...now,
      ...GOING,
      epoch: epoch + 1,
      generation: generation + 1,
      redrive,
    }));
  } catch (cause) {
    if (!(cause instanceof SluiceError) || cause.code !== 'Fenced') throw cause;
    throw new SluiceError('Conflict', `Run ${run} was redriven by somebody else just now.`, {
      cause,
    });
  }
}

/** Throws unless something that was asked for did not succeed. */
async function mustChoose({ id: run }: RunRecord, choice: RedriveChoice): Promise<void> {
  const manifest = await readRunJson<Manifest>(run, 'manifest.json');
  if (!manifest) {
    throw new SluiceError('NotFound', `Run ${run} has no manifest, so there is nothing to go by.`);
  }
  const { counts, failures } = manifest;
  if (counts.items === 0) {
    const message = `Run ${run} has no items, so there is nothing to run again; ask for a new run.`;
    throw new SluiceError('Conflict', message);
  }
  if (counts.succeeded === counts.items) {
    throw new SluiceError('Conflict', `All ${counts.items} items of run ${run} succeeded.`);
  }
  if (choice.items.length > 0) return mustChooseItems(run, { ...manifest, choice });
  const { causes } = choice;
  if (causes.length === 0 || failures.some(({ cause }) => causes.includes(cause))) return;
  const has = [...new Set(failures.map(({ cause }) => cause))].join(', ');
  const message = `No item of run ${run} has the cause ${causes.join(' or ')}; its causes are ${has}.`;
  throw new SluiceError('Conflict', message);
}

async function mustChooseItems(
  run: string,
  {
    generation,
    counts,
    choice,
  }: Pick<Manifest, 'generation' | 'counts'> & { choice: RedriveChoice },
): Promise<void> {
  const found = new Map<string, ManifestItem>();
  for (const block of new Set(choice.items.map((id) => blockOf(id)))) {
    if (block >= blockCount(counts.items)) continue;
    for (const entry of await readRunLines<ManifestItem>(run, partFile(generation, block))) {
      found.set(entry.id, entry);
    }
  }
  for (const id of choice.items) {
    const entry = found.get(id);
    if (!entry) throw new SluiceError('InvalidRequest', `Run ${run} has no item ${id}.`);
    if (isChosen(entry, choice)) continue;
    const is = entry.cause ? `${entry.status} (${entry.cause})` : entry.status;
    throw new SluiceError('Conflict', `Item ${id} of run ${run} is ${is}; it is not run again.`);
  }
}
