import type { Account } from '../account.ts';
import { BatchError } from '../wire/errors.ts';

/** Throws PoolQuotaReached when the account may have no more pools. */
export function requirePoolQuota({ pools, controls }: Account): void {
  const quota = controls.faults.knobs.quotas.pools ?? Infinity;
  if (pools.size >= quota) throw new BatchError('PoolQuotaReached');
}

/** Throws ActiveJobAndScheduleQuotaReached when the account may have no more jobs that are not completed. */
export function requireJobQuota({ jobs, controls }: Account): void {
  const quota = controls.faults.knobs.quotas.activeJobs;
  if (quota === undefined) return;
  let active = 0;
  for (const job of jobs.values()) if (job.doc.state !== 'completed') active++;
  if (active >= quota) throw new BatchError('ActiveJobAndScheduleQuotaReached');
}
