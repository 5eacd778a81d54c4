import { deleteJob, endJob as terminateJob, jobsOf } from '../azure/jobs.ts';
import { deletePool } from '../azure/pools.ts';
import { SluiceError } from '../errors.ts';
import type { RunRecord } from '../plan/run.ts';
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

/** Writes down that the run ends, then ends its job, so that nothing of it writes any more; whether it has ended, and which. */
export async function endJob({
  run,
  epoch,
  job,
  error,
}: Activities['endJob']['input']): Promise<Activities['endJob']['output']> {
  // An instance that took a run over may have to end it before it has come to the job that is there.
  const jobs = job === null ? await jobsLeft(run) : [job];
  const last = jobs.at(-1) ?? null;
  await updateRun({ run, epoch }, (record) =>
    record.closing || record.status !== 'Running'
      ? record
      : { ...record, closing: { job: last, error } },
  );
  const ended: boolean[] = [];
  for (const id of jobs) ended.push(await terminateJob(id));
  return { ended: ended.every(Boolean), job: last };
}

/** Of a Batch account that refuses to tell its jobs none could be ended either. */
async function jobsLeft(run: string): Promise<string[]> {
  try {
    return (await jobsOf(run)).map(({ id }) => id);
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'BatchRefused') throw error;
    return [];
  }
}

/** Removes what a run had in Batch and marks its drops done; to be asked until everything is gone. */
export async function cleanUp({
  run,
  epoch,
  job,
}: Activities['cleanUp']['input']): Promise<Activities['cleanUp']['output']> {
  const record = await getOwnRun({ run, epoch }, { closing: true, ended: true });
  // The pool first: it is what costs, and a job that Batch refuses to delete must not keep it.
  const poolGone = await deletePool(run);
  const jobsGone = job === null ? await deleteJobs(run) : await deleteJob(job);
  if (!jobsGone || !poolGone) return { gone: false };
  await finishDrops(record);
  await showEnd(run, epoch);
  await setProgress({ run, epoch }, { phase: 'done' });
  await retire({ run, epoch });
  return { gone: true };
}

/** Drops that a damaged list does not tell stay claimed by the run, which keeps late events of theirs off just as well. */
async function finishDrops({ id, pipeline }: RunRecord): Promise<void> {
  try {
    await finishRows(pipeline, id, await readRunLines<SeenRow>(id, 'inputs.ndjson'));
  } catch (error) {
    if (!(error instanceof SluiceError && error.code === 'CorruptRecord')) throw error;
  }
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
