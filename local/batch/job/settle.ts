import type { Account, Job } from '../account.ts';
import type { JobState } from '../store/documents.ts';
import { tasksIn } from '../store/counts.ts';
import { finishDelete } from './delete.ts';

/** Moves a job on when the last of its running tasks has ended, or its last waiting one. */
export function jobSettled(account: Account, job: Job): void {
  if (job.runs.size > 0) return;
  switch (job.doc.state) {
    case 'terminating':
      setJobState(account, job, 'completed');
      job.doc.ended = job.doc.stateAt;
      break;
    case 'disabling':
      setJobState(account, job, 'disabled');
      break;
    case 'deleting':
      finishDelete(account, job);
      break;
    case 'active':
      completeWhenEmpty(account, job);
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

function completeWhenEmpty(account: Account, job: Job): void {
  if (job.doc.onAllTasksComplete !== 'terminatejob') return;
  if (tasksIn(job.counts, 'active') > 0 || tasksIn(job.counts, 'running') > 0) return;
  setJobState(account, job, 'completed');
  job.doc.ended = job.doc.stateAt;
  job.doc.terminateReason = 'AllTasksComplete';
}
