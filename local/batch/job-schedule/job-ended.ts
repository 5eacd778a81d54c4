import type { Account, Job } from '../account.ts';
import { deletePool } from '../pool/delete-pool.ts';

/** What follows when a job has completed, or is about to be gone: its own pool goes with it. */
export function jobEnded(account: Account, job: Job): void {
  const pool = account.pools.get(job.doc.poolId.toLowerCase());
  const { autoPool } = job.doc;
  const own = pool?.doc.madeFor?.kind === 'job' && pool.doc.madeFor.id === job.doc.id;
  if (pool !== undefined && own && autoPool?.keepAlive !== true && pool.doc.state === 'active') {
    deletePool(account, pool);
  }
}
