import type { Account, Job } from '../account.ts';
import { actOnExit } from '../job/act-on-exit.ts';
import { completeTask, endTask, type EndedTask } from '../job/complete-task.ts';
import { jobSettled } from '../job/settle.ts';
import { endedFailure } from '../node/failures.ts';
import { listBody, readSelect } from '../odata/page.ts';
import { resetQueue } from '../schedule/queue.ts';
import { endRun } from '../schedule/end-run.ts';
import { count } from '../store/counts.ts';
import type { TaskRow } from '../store/tasks.ts';
import { readTaskSpec, writeTaskSpec } from '../task-spec.ts';
import { checkTaskUpdate } from '../validate/task.ts';
import { taskMembers, taskRenderer } from '../views/task.ts';
import type { Call, Reply } from '../wire/call.ts';
import { readAllowed, requireCondition } from '../wire/conditions.ts';
import { BatchError } from '../wire/errors.ts';
import { readExpansion } from './expansion.ts';
import { findTask } from './find.ts';
import { forgetTaskFiles } from './task-files.ts';

/** Task_Get. */
export function getTask(account: Account, call: Call): Reply {
  const expand = readExpansion(account, call);
  const selected = readSelect(call, taskMembers);
  const { job, row } = findTask(account, call);
  if (!readAllowed(call, row.modified)) return { status: 304, changed: row.modified };
  const metadata = JSON.stringify(`${call.baseUrl}/$metadata#tasks/@Element`);
  const text = taskRenderer({ ...expand, jobId: job.doc.id, selected })(row);
  return {
    status: 200,
    changed: row.modified,
    body: `{"odata.metadata":${metadata}${text === '' ? '' : `,${text}`}}`,
  };
}

/** Task_ListSubtasks: only multi-instance tasks have any, and those are refused. */
export function listSubtasks(account: Account, call: Call): Reply {
  readSelect(call, []);
  findTask(account, call);
  return { status: 200, body: listBody(call, 'subtasks', { members: [] }) };
}

/** Task_Update: replaces the constraints. */
export function updateTask(account: Account, call: Call): Reply {
  const { job, row } = findChangeable(account, call);
  const constraints = checkTaskUpdate(call.body, job.doc.maxTaskRetryCount);
  if (row.state === 3) throw new BatchError('TaskCompleted');
  const now = account.clock.stamp();
  account.tasks.setSpec(row.seq, writeTaskSpec({ ...readTaskSpec(row.spec), constraints }), now);
  return { status: 200, changed: now, dataServiceId: call.url };
}

/** Task_Terminate. */
export function terminateTask(account: Account, call: Call): Reply {
  const { job, row } = findChangeable(account, call);
  if (row.state === 3) throw new BatchError('TaskCompleted');
  const run = account.runs.get(row.seq);
  const reason = 'The task was ended by user request';
  const action =
    row.state !== 0 && run !== undefined
      ? endTask(account, run, reason)
      : completeTask(account, job, waitingTask(row), {
          exitCode: undefined,
          failure: endedFailure(reason),
        });
  actOnExit(account, job, { seq: row.seq, action });
  jobSettled(account, job);
  return { status: 204, changed: row.modified, dataServiceId: call.url };
}

/** Task_Reactivate: only what has completed and failed. */
export function reactivateTask(account: Account, call: Call): Reply {
  const { job, row } = findChangeable(account, call);
  if (row.state !== 3) throw new BatchError('TaskNotCompleted');
  if (row.result === 0) throw new BatchError('TaskSucceeded');
  if (job.doc.state === 'completed') throw new BatchError('JobCompleted');
  if (job.doc.state === 'terminating') throw new BatchError('JobBeingTerminated');
  // Its processes may still be dying; it must not be started twice.
  if (account.runs.has(row.seq)) throw new BatchError('OperationInvalidForCurrentState');
  account.tasks.reactivate(row.seq, account.clock.stamp());
  move(account, job, { row, to: 'active' });
  resetQueue(job);
  account.schedule();
  return { status: 204, changed: row.modified, dataServiceId: call.url };
}

/** Task_Delete, in any state. */
export function deleteTask(account: Account, call: Call): Reply {
  const { job, row } = findChangeable(account, call);
  const run = account.runs.get(row.seq);
  if (run !== undefined) endRun(run, 'delete');
  account.tasks.remove(row.seq);
  account.dependencies.forget(row.seq);
  count(job.counts, stateOf(row), row.slots, -1);
  account.db.changed(job);
  forgetTaskFiles(account, { job, row, run });
  jobSettled(account, job);
  return { status: 200 };
}

function findChangeable(account: Account, call: Call): { job: Job; row: TaskRow } {
  const found = findTask(account, call);
  requireCondition(call, found.row.modified);
  return found;
}

function waitingTask({ seq, id: taskId, slots, spec }: TaskRow): EndedTask {
  return { seq, taskId, slots, spec: readTaskSpec(spec), from: 'active' };
}

function move(account: Account, job: Job, { row, to }: { row: TaskRow; to: 'active' }): void {
  count(job.counts, stateOf(row), row.slots, -1);
  count(job.counts, to, row.slots);
  account.db.changed(job);
}

function stateOf(row: TaskRow): 'active' | 'running' | 'succeeded' | 'failed' {
  if (row.state === 0) return 'active';
  if (row.state < 3) return 'running';
  return row.result === 0 ? 'succeeded' : 'failed';
}
