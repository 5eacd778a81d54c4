import type { BatchServiceModels } from '@azure/batch';
import { batchCall, batchCode } from './batch.ts';
import { jobPrefix } from '../plan/ids.ts';
import { isOurs } from './owner.ts';

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

/** The jobs of a run that Batch has, the newest last, those that are being deleted too. */
export async function jobsOf(run: string): Promise<{ id: string; state: string }[]> {
  const filter = `startswith(id, '${jobPrefix(run)}')`;
  const jobs: { id: string; state: string }[] = [];
  for await (const job of listJobs(filter)) {
    if (isOurs(job.metadata, run)) jobs.push({ id: job.id ?? '', state: job.state ?? 'active' });
  }
  const number = ({ id }: { id: string }): number => Number(id.slice(jobPrefix(run).length));
  return jobs.toSorted((a, b) => number(a) - number(b));
}

/** Jobs that a filter lets through, page after page, with id, state, metadata and when they were made. */
export async function* listJobs(filter?: string): AsyncGenerator<BatchServiceModels.CloudJob> {
  const select = 'id,state,metadata,creationTime';
  const options = { jobListOptions: { select, maxResults: 1000, ...(filter ? { filter } : {}) } };
  let page = await batchCall('Listing jobs', (client) => client.job.list(options));
  yield* page;
  while (page.odatanextLink) {
    const link = page.odatanextLink;
    page = await batchCall('Listing jobs', (client) => client.job.listNext(link));
    yield* page;
  }
}

/** Asks for a job to end; whether it has completed already. A job that is gone has. */
export async function endJob(id: string): Promise<boolean> {
  try {
    await batchCall(`Terminating job ${id}`, (client) => client.job.terminate(id));
    return false;
  } catch (error) {
    const code = batchCode(error);
    if (code === 'JobCompleted' || code === 'JobNotFound') return true;
    if (code === 'JobBeingTerminated' || code === 'JobBeingDeleted') return false;
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
