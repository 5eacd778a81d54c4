import type { Account, Job, Run } from '../account.ts';
import { endedFailure } from '../node/failures.ts';
import { armRetention } from '../node/retention.ts';
import { endRun } from '../schedule/end-run.ts';
import { resetQueue } from '../schedule/queue.ts';
import { count, type CountState } from '../store/counts.ts';
import type { TaskSpec } from '../task-spec.ts';
import { limitMilliseconds } from '../time/duration.ts';
import { judgeExit, type Exit, type ExitOptions } from './exit-options.ts';

/** A task that has ended for good. */
export interface EndedTask {
  seq: number;
  taskId: string;
  slots: number;
  spec: TaskSpec;
  /** Where it counts until now. */
  from: CountState;
}

/** What happens to a job because one of its tasks ended. */
export type JobAction = Required<ExitOptions>['jobAction'];

/** Records that a task has ended and frees those that depend on it; returns what its exit asks of the job. */
export function completeTask(account: Account, job: Job, task: EndedTask, exit: Exit): JobAction {
  const { dependencyAction, jobAction } = judgeExit(exit, task.spec.exitConditions);
  const satisfied = dependencyAction === 'satisfy';
  const now = account.clock.stamp();
  const retention = limitMilliseconds(task.spec.constraints.retentionTime);
  const expires = retention === undefined ? Number.MAX_SAFE_INTEGER : now + retention * 1000;
  account.tasks.end(task.seq, { ...exit, satisfied, expires }, now);
  armRetention(account, expires);
  count(job.counts, task.from, task.slots, -1);
  count(job.counts, exit.failure === undefined ? 'succeeded' : 'failed', task.slots);
  account.db.changed(job);
  if (satisfied && job.doc.usesTaskDependencies) freeDependents(account, job, task.taskId);
  return jobAction;
}

/** Completes a running task at once as ended by its user; its processes are killed meanwhile. */
export function endTask(account: Account, run: Run, reason: string): JobAction {
  endRun(run, 'terminate');
  const exit = { exitCode: undefined, failure: endedFailure(reason) };
  return completeTask(account, run.job, { ...run, from: 'running' }, exit);
}

function freeDependents(account: Account, job: Job, taskId: string): void {
  if (!account.dependencies.satisfy(job.row, taskId)) return;
  // They may have been added before those that were read ahead.
  resetQueue(job);
  account.schedule();
}
