import type { DurableClient } from 'durable-functions';
import { endJob, jobsOf } from '../azure/jobs.ts';
import { SluiceError } from '../errors.ts';
import { isJobOf, runInstance } from '../plan/ids.ts';
import type { RunRecord } from '../plan/run.ts';
import { getRun, updateRun } from '../store/runs.ts';
import { wake } from './durable.ts';

/**
 * Has a run stop: the fact is stored first, and whoever drives the run finds it; ending its jobs and waking its
 * instance only makes that soon. Asked again it does so again. Throws `Conflict` once it is decided how the run ends.
 */
export async function cancelRun(
  run: string,
  reason: string,
  { client, now }: { client: DurableClient; now: Date },
): Promise<RunRecord> {
  const record = await storeCancel(run, { at: now.toISOString(), reason });
  await wake(client, runInstance(run, record.epoch));
  // A redrive may have begun by now: its job is none of those.
  const jobs = (await jobsOf(run)).filter(({ id }) => isJobOf(id, run, record.generation));
  for (const { id } of jobs) await endJob(id);
  return record;
}

async function storeCancel(
  run: string,
  cancel: NonNullable<RunRecord['cancel']>,
): Promise<RunRecord> {
  for (;;) {
    const { epoch } = await getRun(run);
    try {
      const record = await updateRun({ run, epoch }, (now) =>
        now.cancel || isDecided(now) ? now : { ...now, cancel },
      );
      if (!isDecided(record)) return record;
      throw new SluiceError('Conflict', `Run ${run} has ended already, as ${endOf(record)}.`);
    } catch (error) {
      // Somebody took the run over in between.
      if (!(error instanceof SluiceError) || error.code !== 'Fenced') throw error;
    }
  }
}

function isDecided({ status, verdict }: RunRecord): boolean {
  return status !== 'Running' || verdict !== null;
}

function endOf({ status, verdict }: RunRecord): string {
  return status === 'Running' ? (verdict ?? status) : status;
}
