import type { BatchServiceModels } from '@azure/batch';
import { batchCall, batchCode } from './batch.ts';
import { isOurs } from './pools.ts';

export type JobSpec = BatchServiceModels.JobAddParameter;

/** Adds a job of our run; false when something else has that name. */
export async function ensureJob(spec: JobSpec, run: string): Promise<boolean> {
  const { id } = spec;
  try {
    await batchCall(`Adding job ${id}`, (client) => client.job.add(spec));
    return true;
  } catch (error) {
    if (batchCode(error) !== 'JobExists') throw error;
    const { metadata } = await batchCall(`Reading job ${id}`, (client) => client.job.get(id));
    return isOurs(metadata, run);
  }
}

/** Ends a job; whether it has completed. A job that is gone has. */
export async function endJob(id: string): Promise<boolean> {
  try {
    const { state } = await batchCall(`Reading job ${id}`, (client) => client.job.get(id));
    if (state === 'completed') return true;
    if (state === 'terminating' || state === 'deleting') return false;
    await batchCall(`Terminating job ${id}`, (client) => client.job.terminate(id));
    return false;
  } catch (error) {
    const code = batchCode(error);
    if (code === 'JobNotFound') return true;
    if (code === 'JobBeingTerminated' || code === 'JobBeingDeleted' || code === 'JobCompleted') {
      return false;
    }
    throw error;
  }
}

/** Asks for a job to be deleted; whether it is gone already. */
export async function deleteJob(id: string): Promise<boolean> {
  try {
    await batchCall(`Deleting job ${id}`, (client) => client.job.deleteMethod(id));
    return false;
  } catch (error) {
    const code = batchCode(error);
    if (code === 'JobNotFound') return true;
    if (code === 'JobBeingDeleted' || code === 'JobBeingTerminated') return false;
    throw error;
  }
}
