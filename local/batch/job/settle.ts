import type { Account, Job } from '../account.ts';
import type { JobState } from '../store/documents.ts';
import { tasksIn } from '../store/counts.ts';
import { finishDelete } from './delete.ts';
import { releaseNodes } from './release.ts';

/** Moves a job on when the last of its running tasks has ended, or its last waiting one. */
export function jobSettled(account: Account, job: Job): void {
  if (job.runs.size > 0 || [...job.nodes.values()].some(({ preparing }) => preparing)) return;
  switch (job.doc.state) {
    case 'terminating':
      if (!isReleasing(account, job)) complete(account, job);
      break;
    case 'disabling':
      setJobState(account, job, 'disabled');
      break;
    case 'deleting':
      if (job.doc.ended === undefined && isReleasing(account, job)) break;
      finishDelete(account, job);
      break;
    case 'active':
      terminateWhenEmpty(account, job);
      break;
    case 'disabled':
    case 'enabling':
    case 'completed':
  }
}

/** Changes a job's state, remembering the one before. */
export function setJobState(account: Account, job: Job, state: JobState): void {
  const { doc } = job;
  const now = account.clock.stamp();
  job.doc = {
    ...doc,
    previousState: doc.state,
    previousStateAt: doc.stateAt,
    state,
    stateAt: now,
    modified: now,
  };
  account.db.changed(job);
}

function isReleasing(account: Account, job: Job): boolean {
  return releaseNodes(account, job, () => jobSettled(account, job));
}

function complete(account: Account, job: Job): void {
  setJobState(account, job, 'completed');
  job.doc.ended = job.doc.stateAt;
  job.cancelLimit?.();
  account.jobEnded(job);
}

function terminateWhenEmpty(account: Account, job: Job): void {
  if (job.doc.onAllTasksComplete !== 'terminatejob') return;
  if (tasksIn(job.counts, 'active') > 0 || tasksIn(job.counts, 'running') > 0) return;
  setJobState(account, job, 'terminating');
  job.doc.terminateReason = 'AllTasksComplete';
  jobSettled(account, job);
}
