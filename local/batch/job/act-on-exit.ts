import type { Account, Job } from '../account.ts';
import type { EndedTask, JobAction } from './complete-task.ts';
import { disableJob, terminateJob } from './lifecycle.ts';

/** Does to a job what the end of one of its tasks asks for, as long as the job is active. */
export function actOnExit(
  account: Account,
  job: Job,
  { seq, action }: Pick<EndedTask, 'seq'> & { action: JobAction },
): void {
  if (job.doc.state !== 'active') return;
  if (seq === job.doc.managerSeq && job.doc.manager?.killJobOnCompletion === true) {
    terminateJob(account, job, 'JMComplete');
    return;
  }
  if (job.doc.onTaskFailure !== 'performexitoptionsjobaction') return;
  if (action === 'terminate') terminateJob(account, job, 'TaskFailed');
  if (action === 'disable') disableJob(account, job, 'requeue');
}
