import type { Account, Job } from '../account.ts';
import { countsAsSeen } from '../faults/lagging-counts.ts';
import { requireJobQuota } from '../faults/quotas.ts';
import { armJobLimit, deleteJob, disableJob, enableJob, terminateJob } from '../job/lifecycle.ts';
import { createJob, jobConstraints } from '../job/create-job.ts';
import { jobSettled } from '../job/settle.ts';
import { jobFilters } from '../odata/filter-tables.ts';
import { answerList } from '../odata/list.ts';
import { elementBody, pick, readSelect } from '../odata/page.ts';
import { taskCountsResult } from '../store/counts.ts';
import type { AutoPool, JobDocument, Json } from '../store/documents.ts';
import {
  checkDisable,
  checkJobPatch,
  checkJobUpdate,
  checkNewJob,
  checkTerminate,
} from '../validate/job.ts';
import { jobMembers, jobProperty, jobView } from '../views/job.ts';
import type { Call, Reply } from '../wire/call.ts';
import { readAllowed, requireCondition } from '../wire/conditions.ts';
import { BatchError, invalidProperty, notEmulated } from '../wire/errors.ts';
import { readExpansion } from './expansion.ts';
import { findJob } from './find.ts';

/** Job_Add; whether its pool exists is not asked. */
export function addJob(account: Account, call: Call): Reply {
  const body = checkNewJob(call.body);
  const id = String(body.id);
  requireNewId(account, id);
  requireJobQuota(account);
  const job = createJob(account, body);
  const url = `${call.url}/${id}`;
  return { status: 201, changed: job.doc.modified, location: url, dataServiceId: url };
}

function requireNewId({ jobs, jobSchedules }: Account, id: string): void {
  if (jobs.has(id.toLowerCase())) throw new BatchError('JobExists');
  if (jobSchedules.has(id.toLowerCase())) throw new BatchError('JobScheduleWithSameIdExists');
}

/** Job_List. */
export function listJobs(account: Account, call: Call): Reply {
  const expand = readExpansion(account, call);
  return answerList(call, {
    kind: 'jobs',
    items: account.jobs.values(),
    key: (job) => job.doc.id.toLowerCase(),
    filters: jobFilters,
    property: jobProperty,
    render: (job) => jobView(job, expand),
    selectable: jobMembers,
  });
}

/** Job_Get. */
export function getJob(account: Account, call: Call): Reply {
  const expand = readExpansion(account, call);
  const selected = readSelect(call, jobMembers);
  const job = findJob(account, call);
  const changed = job.doc.modified;
  if (!readAllowed(call, changed)) return { status: 304, changed };
  return {
    status: 200,
    changed,
    body: elementBody(call, 'jobs', pick(jobView(job, expand), selected)),
  };
}

/** Job_Patch: replaces what is given. */
export function patchJob(account: Account, call: Call): Reply {
  const job = changeable(account, call);
  return change(account, job, { call, changes: changesOf(job, checkJobPatch(call.body)) });
}

/** Job_Update: replaces everything that may change, what is not given by its default. */
export function updateJob(account: Account, call: Call): Reply {
  const job = changeable(account, call);
  const defaults = {
    priority: 0,
    maxParallelTasks: -1,
    constraints: {},
    metadata: undefined,
    onAllTasksComplete: 'noaction',
  };
  return change(account, job, {
    call,
    changes: changesOf(job, { ...defaults, ...checkJobUpdate(call.body) }),
  });
}

/** Job_Disable. */
export function disable(account: Account, call: Call): Reply {
  const job = changeable(account, call);
  const option = checkDisable(call.body);
  if (job.doc.state === 'terminating') throw new BatchError('JobBeingTerminated');
  disableJob(account, job, option);
  return { status: 202, changed: job.doc.modified, dataServiceId: call.url };
}

/** Job_Enable. */
export function enable(account: Account, call: Call): Reply {
  const job = changeable(account, call);
  if (job.doc.state === 'terminating') throw new BatchError('JobBeingTerminated');
  if (job.doc.state !== 'active') enableJob(account, job);
  return { status: 202, changed: job.doc.modified, dataServiceId: call.url };
}

/** Job_Terminate. */
export function terminate(account: Account, call: Call): Reply {
  const job = changeable(account, call);
  const reason = checkTerminate(call.body);
  if (job.doc.state === 'terminating') throw new BatchError('JobBeingTerminated');
  terminateJob(account, job, reason);
  return { status: 202, changed: job.doc.modified, dataServiceId: call.url };
}

/** Job_Delete. */
export function removeJob(account: Account, call: Call): Reply {
  const job = findJob(account, call);
  requireCondition(call, job.doc.modified);
  if (job.doc.state === 'deleting') throw new BatchError('JobBeingDeleted');
  deleteJob(account, job);
  return { status: 202 };
}

/** Job_GetTaskCounts. */
export function getTaskCounts(account: Account, call: Call): Reply {
  const counts = countsAsSeen(account, findJob(account, call));
  return { status: 200, body: elementBody(call, 'taskcountsresult', taskCountsResult(counts)) };
}

function changeable(account: Account, call: Call): Job {
  const job = findJob(account, call);
  requireCondition(call, job.doc.modified);
  if (job.doc.state === 'deleting') throw new BatchError('JobBeingDeleted');
  if (job.doc.state === 'completed') throw new BatchError('JobCompleted');
  return job;
}

function change(
  account: Account,
  job: Job,
  { call, changes }: { call: Call; changes: Partial<JobDocument> },
): Reply {
  job.doc = { ...job.doc, ...changes, modified: account.clock.stamp() };
  account.db.changed(job);
  armJobLimit(account, job);
  jobSettled(account, job);
  account.schedule();
  return { status: 200, changed: job.doc.modified, dataServiceId: call.url };
}

function changesOf(job: Job, given: Json): Partial<JobDocument> {
  const { constraints, poolInfo, metadata, allowTaskPreemption: _, ...plain } = given;
  const changes: Partial<JobDocument> = plain;
  if (changes.onAllTasksComplete === 'noaction' && job.doc.onAllTasksComplete === 'terminatejob') {
    throw invalidProperty('onAllTasksComplete', 'noaction', 'It cannot go back from terminatejob.');
  }
  if (constraints !== undefined) Object.assign(changes, jobConstraints(constraints));
  if ('metadata' in given) changes.spec = { ...job.doc.spec, metadata };
  const { poolId, autoPoolSpecification } = (poolInfo ?? {}) as {
    poolId?: string;
    autoPoolSpecification?: AutoPool;
  };
  if (autoPoolSpecification !== undefined) {
    const { autoPool } = job.doc;
    if (autoPool === undefined) throw notEmulated('The change of a job to an automatic pool');
    // Nothing else of it can be changed.
    return { ...changes, autoPool: { ...autoPool, keepAlive: autoPoolSpecification.keepAlive } };
  }
  if (poolId === undefined || poolId.toLowerCase() === job.doc.poolId.toLowerCase()) return changes;
  if (job.doc.state !== 'disabled') {
    throw new BatchError('OperationInvalidForCurrentState', {
      values: [{ key: 'Reason', value: 'A job can change its pool only while it is disabled.' }],
    });
  }
  return { ...changes, poolId };
}
