import { deleteJob, endJob as terminateJob, jobsOf } from '../azure/jobs.ts';
import { deletePool } from '../azure/pools.ts';
import { finishRows, type SeenRow } from '../store/ledger.ts';
import { sealRun, unsealRun } from '../store/run-index.ts';
import {
  getOwnRun,
  getProgress,
  getRun,
  readRunLines,
  retire,
  setProgress,
  updateRun,
} from '../store/runs.ts';
import type { Activities } from './contract.ts';

/** Writes down that the run ends, then ends its job, so that nothing of it writes any more; whether it has ended. */
export async function endJob({
  run,
  epoch,
  job,
  error,
}: Activities['endJob']['input']): Promise<Activities['endJob']['output']> {
  await updateRun({ run, epoch }, (record) =>
    record.closing ? record : { ...record, closing: { job, error } },
  );
  return { ended: job === null || (await terminateJob(job)) };
}

/** Removes what a run had in Batch and marks its drops done; to be asked until everything is gone. */
export async function cleanUp({
  run,
  epoch,
  job,
}: Activities['cleanUp']['input']): Promise<Activities['cleanUp']['output']> {
  const record = await getOwnRun({ run, epoch }, { closing: true });
  const jobsGone = job === null ? await deleteJobs(run) : await deleteJob(job);
  const poolGone = await deletePool(run);
  if (!jobsGone || !poolGone) return { gone: false };
  await finishRows(record.pipeline, run, await readRunLines<SeenRow>(run, 'inputs.ndjson'));
  await showEnd(run, epoch);
  await setProgress({ run, epoch }, { phase: 'done' });
  await retire({ run, epoch });
  return { gone: true };
}

/** Writes how a run came out where listings find it once it is retired, unless somebody begins it anew meanwhile. */
async function showEnd(run: string, epoch: number): Promise<void> {
  const [record, progress] = [await getRun(run), await getProgress(run)];
  await sealRun(record, progress && { ...progress, phase: 'done' });
  if ((await getRun(run)).epoch !== epoch) await unsealRun(record);
}

async function deleteJobs(run: string): Promise<boolean> {
  const jobs = await jobsOf(run);
  for (const { id, state } of jobs) if (state !== 'deleting') await deleteJob(id);
  return jobs.length === 0;
}
