import type { Account, Job } from '../account.ts';
import { resetQueue } from '../schedule/queue.ts';
import { endRun } from '../schedule/end-run.ts';
import { limitMilliseconds } from '../time/duration.ts';
import { endTask } from './complete-task.ts';
import { endPreparations } from './preparation.ts';
import { jobSettled, setJobState } from './settle.ts';

/** Ends a job: running tasks are ended, waiting ones stay active for ever. */
export function terminateJob(account: Account, job: Job, reason: string | undefined): void {
  setJobState(account, job, 'terminating');
  if (reason !== undefined) job.doc.terminateReason = reason;
  job.cancelLimit?.();
  endRunningTasks(account, job, 'The job was terminated and the task was ended');
  endPreparations(job);
  jobSettled(account, job);
}

/** Stops a job for a while; what happens to its running tasks is the user's choice. */
export function disableJob(
  account: Account,
  job: Job,
  option: 'requeue' | 'terminate' | 'wait',
): void {
  setJobState(account, job, 'disabling');
  if (option === 'requeue') for (const run of job.runs) endRun(run, 'requeue');
  if (option === 'terminate') {
    endRunningTasks(account, job, 'The job was disabled and the task was ended');
  }
  jobSettled(account, job);
}

/** Lets a disabled job go on. */
export function enableJob(account: Account, job: Job): void {
  setJobState(account, job, 'enabling');
  setJobState(account, job, 'active');
  account.schedule();
}

/** Deletes a job and everything of it; it is gone some time later. */
export function deleteJob(account: Account, job: Job): void {
  setJobState(account, job, 'deleting');
  job.cancelLimit?.();
  resetQueue(job);
  for (const run of job.runs) endRun(run, 'delete');
  endPreparations(job);
  jobSettled(account, job);
}

/** Ends the job when its maxWallClockTime has passed since it was added. */
export function armJobLimit(account: Account, job: Job): void {
  job.cancelLimit?.();
  job.cancelLimit = undefined;
  const limit = limitMilliseconds(job.doc.maxWallClockTime);
  if (
    limit === undefined ||
    !['active', 'disabling', 'disabled', 'enabling'].includes(job.doc.state)
  ) {
    return;
  }
  const left = job.doc.started / 1000 + limit - account.clock.now();
  job.cancelLimit = account.clock.startLimit(left, () =>
    terminateJob(account, job, 'MaxWallClockTimeExpiry'),
  );
}

function endRunningTasks(account: Account, job: Job, reason: string): void {
  for (const run of job.runs) if (run.cause === undefined) endTask(account, run, reason);
}
