import type { Account, Run } from '../account.ts';
import { count } from '../store/counts.ts';
import { resetQueue } from './queue.ts';

/** A task on a node goes back to its job: for another try, because its user said so, or because its node was lost. */
export function backToActive(
  account: Account,
  { seq, job, slots }: Run,
  why: 'retry' | 'requeue' | 'recovery',
): void {
  account.tasks.release(seq, why, account.clock.stamp());
  count(job.counts, 'running', slots, -1);
  count(job.counts, 'active', slots);
  if (why === 'retry') job.doc.taskRetries = (job.doc.taskRetries ?? 0) + 1;
  resetQueue(job);
  account.db.changed(job);
}
