import type { Account, Job } from '../account.ts';
import { deletePool } from '../pool/delete-pool.ts';
import { runSchedule } from './run-schedule.ts';

/** What follows when a job has completed or is gone: its own pool goes with it, and its schedule goes on. */
export function jobEnded(account: Account, job: Job): void {
  dropPool(account, job);
  const { scheduleId } = job.doc;
  const schedule = account.jobSchedules.get((scheduleId ?? '').toLowerCase());
  // Not within the change of the job that led here.
  if (schedule !== undefined) account.clock.soon(() => goOn(account, schedule.doc.id));
}

function goOn(account: Account, scheduleId: string): void {
  const schedule = account.jobSchedules.get(scheduleId.toLowerCase());
  if (schedule !== undefined && !account.closing) runSchedule(account, schedule);
}

function dropPool(account: Account, { doc }: Job): void {
  const pool = account.pools.get(doc.poolId.toLowerCase());
  const own = pool?.doc.madeFor?.kind === 'job' && pool.doc.madeFor.id === doc.id;
  if (pool === undefined || !own || doc.autoPool?.keepAlive === true) return;
  if (pool.doc.state === 'active') deletePool(account, pool);
}
