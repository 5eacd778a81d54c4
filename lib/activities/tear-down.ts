import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../errors.ts';
import type { RunError, RunRecord } from '../plan/run.ts';
import { breakOff } from './break-off.ts';
import { cleanUp, endJob } from './clean-up.ts';
import type { PartSummary, RunRef } from './contract.ts';
import { parts, writeManifest } from './manifest.ts';
import { writePart } from './part.ts';
import { plan } from './plan.ts';

/** Looks at something that Batch is ending or deleting before the next sweep goes on with it. */
const LOOKS = 20;
const BETWEEN_LOOKS_MS = 500;

/**
 * Ends a run without a durable instance, by the steps that one would take: job, manifest, final state, clean up. What
 * takes longer than a few seconds is left to the next sweep, which comes here again.
 */
export async function tearDown(record: RunRecord): Promise<void> {
  const ref = { run: record.id, epoch: record.epoch };
  if (record.status === 'Running') {
    const error = record.closing?.error ?? null;
    let job = record.closing?.job ?? null;
    const isOver = await repeated(async () => {
      const end = await endJob({ ...ref, job, error });
      ({ job } = end);
      return end.ended;
    });
    if (!isOver) return;
    await conclude(ref, { job, error });
  }
  await repeated(async () => (await cleanUp({ ...ref, job: null })).gone);
}

/** Writes the manifest, or where the records that it is made from are corrupt, ends the run without. */
async function conclude(
  ref: RunRef,
  { job, error }: { job: string | null; error: RunError | null },
): Promise<void> {
  try {
    await plan(ref);
    const written: PartSummary[] = [];
    for (const part of (await parts(ref)).parts) {
      written.push(await writePart({ ...ref, job, part, error }));
    }
    await writeManifest({ ...ref, parts: written, error });
  } catch (fault) {
    if (!(fault instanceof SluiceError) || fault.code !== 'CorruptRecord') throw fault;
    await breakOff({ ...ref, error: { code: fault.code, message: fault.message } });
  }
}

async function repeated(look: () => Promise<boolean>): Promise<boolean> {
  for (let looks = 0; looks < LOOKS; looks++) {
    if (await look()) return true;
    await sleep(BETWEEN_LOOKS_MS);
  }
  return false;
}
