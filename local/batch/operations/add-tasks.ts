import type { Account, Job } from '../account.ts';
import { insertTask } from '../job/insert-task.ts';
import { listBody } from '../odata/page.ts';
import { drawAddResult, failedResult } from '../faults/add-results.ts';
import { etagOf, isoTime, type Stamp } from '../time/stamp.ts';
import { checkCollection, givenTaskId } from '../validate/collection.ts';
import { requireFits } from '../validate/task-in-job.ts';
import { checkNewTask } from '../validate/task.ts';
import type { Call, Reply } from '../wire/call.ts';
import { BatchError } from '../wire/errors.ts';
import { findJob } from './find.ts';

/** Task_Add. */
export function addTask(account: Account, call: Call): Reply {
  const job = openJob(account, call);
  const { id, changed } = insert(account, job, call.body);
  account.db.changed(job);
  account.schedule();
  const url = `${call.baseUrl}/jobs/${job.doc.id}/tasks/${id}`;
  return { status: 201, changed, location: url, dataServiceId: url };
}

/** Task_AddCollection: each task has a result of its own, and all that are accepted become durable together. */
export function addTasks(account: Account, call: Call): Reply {
  const job = openJob(account, call);
  const tasks = checkCollection(call.body);
  const members = tasks.map((task) => JSON.stringify(addOne(account, job, { call, task })));
  account.db.changed(job);
  account.schedule();
  return { status: 200, body: listBody(call, 'taskaddresult', { members }) };
}

function openJob(account: Account, call: Call): Job {
  const job = findJob(account, call);
  if (job.doc.state === 'completed') throw new BatchError('JobCompleted');
  if (job.doc.state === 'terminating') throw new BatchError('JobBeingTerminated');
  if (job.doc.state === 'deleting') throw new BatchError('JobBeingDeleted');
  return job;
}

function addOne(account: Account, job: Job, { call, task }: { call: Call; task: unknown }): object {
  try {
    const fault = drawAddResult(account.controls.faults, call.addResults);
    if (fault === 'serverError' || fault === 'clientError') return failedResult(fault, task);
    const { id, changed } = insert(account, job, task);
    if (fault === 'taskExists') throw new BatchError('TaskExists');
    return {
      status: 'Success',
      taskId: id,
      eTag: etagOf(changed),
      lastModified: isoTime(changed),
      location: `${call.baseUrl}/jobs/${job.doc.id}/tasks/${id}`,
    };
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    return {
      status: 'ClientError',
      taskId: givenTaskId(task),
      error: {
        code: error.code,
        message: { lang: 'en-US', value: error.message },
        ...(error.values.length > 0 && { values: error.values }),
      },
    };
  }
}

function insert(account: Account, job: Job, body: unknown): { id: string; changed: Stamp } {
  const task = checkNewTask(body, job.doc.maxTaskRetryCount);
  requireFits(job, task);
  return { id: task.id, changed: insertTask(account, job, task).changed };
}
