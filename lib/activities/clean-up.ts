import { deleteJob, endJob as terminateJob } from '../azure/jobs.ts';
import { deletePool } from '../azure/pools.ts';
import { finishRows, type SeenRow } from '../store/ledger.ts';
import { getOwnRun, readRunLines, retire, setProgress } from '../store/runs.ts';
import type { Activities, JobRef } from './contract.ts';

/** Ends the job, so that nothing of it writes any more; whether it has ended. */
export async function endJob({ run, epoch, job }: JobRef): Promise<Activities['endJob']['output']> {
  await getOwnRun({ run, epoch });
  return { ended: await terminateJob(job) };
}

/** Removes what a run had in Batch and marks its drops done; to be asked until everything is gone. */
export async function cleanUp({
  run,
  epoch,
  job,
}: Activities['cleanUp']['input']): Promise<Activities['cleanUp']['output']> {
  const record = await getOwnRun({ run, epoch });
  const jobGone = job === null || (await deleteJob(job));
  const poolGone = await deletePool(run);
  if (!jobGone || !poolGone) return { gone: false };
  await finishRows(record.pipeline, run, await readRunLines<SeenRow>(run, 'inputs.ndjson'));
  await setProgress(run, { phase: 'done' });
  await retire(run);
  return { gone: true };
}
