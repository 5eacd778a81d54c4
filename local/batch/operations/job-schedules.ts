import type { Account, JobSchedule } from '../account.ts';
import { requireJobQuota } from '../faults/quotas.ts';
import { firstRun } from '../job-schedule/decide.ts';
import {
  deleteSchedule,
  jobsOf,
  runSchedule,
  setScheduleState,
  terminateSchedule,
} from '../job-schedule/run-schedule.ts';
import { jobFilters, jobScheduleFilters } from '../odata/filter-tables.ts';
import { answerList } from '../odata/list.ts';
import { elementBody, pick, readSelect } from '../odata/page.ts';
import type { JobScheduleDocument, Json } from '../store/documents.ts';
import {
  checkNewSchedule,
  checkSchedulePatch,
  checkScheduleUpdate,
  readSchedule,
  type ScheduleChange,
} from '../validate/job-schedule.ts';
import { jobMembers, jobProperty, jobView } from '../views/job.ts';
import { jobScheduleMembers, jobScheduleProperty, jobScheduleView } from '../views/job-schedule.ts';
import { jobScheduleStats, type Expansion } from '../views/stats.ts';
import { param, type Call, type Reply } from '../wire/call.ts';
import { readAllowed, requireCondition } from '../wire/conditions.ts';
import { BatchError } from '../wire/errors.ts';
import { readExpansion } from './expansion.ts';

/** JobSchedule_Add. */
export function addJobSchedule(account: Account, call: Call): Reply {
  const given = checkNewSchedule(call.body);
  const id = String(given.id);
  if (account.jobSchedules.has(id.toLowerCase())) throw new BatchError('JobScheduleExists');
  if (account.jobs.has(id.toLowerCase())) throw new BatchError('JobWithSameIdExists');
  requireJobQuota(account);
  const schedule = account.live.addJobSchedule(newSchedule(account, id, given));
  account.jobSchedules.set(id.toLowerCase(), schedule);
  runSchedule(account, schedule);
  const url = `${call.url}/${id}`;
  return { status: 201, changed: schedule.doc.modified, location: url, dataServiceId: url };
}

/** JobSchedule_List. */
export function listJobSchedules(account: Account, call: Call): Reply {
  const expand = readExpansion(account, call);
  return answerList(call, {
    kind: 'jobschedules',
    items: account.jobSchedules.values(),
    key: ({ doc }) => doc.id.toLowerCase(),
    filters: jobScheduleFilters,
    property: jobScheduleProperty,
    render: (schedule) => view(account, schedule, expand),
    selectable: jobScheduleMembers,
  });
}

/** JobSchedule_Get. */
export function getJobSchedule(account: Account, call: Call): Reply {
  const expand = readExpansion(account, call);
  const selected = readSelect(call, jobScheduleMembers);
  const schedule = findJobSchedule(account, call);
  const changed = schedule.doc.modified;
  if (!readAllowed(call, changed)) return { status: 304, changed };
  const body = pick(view(account, schedule, expand), selected);
  return { status: 200, changed, body: elementBody(call, 'jobschedules', body) };
}

/** JobSchedule_Exists. */
export function jobScheduleExists(account: Account, call: Call): Reply {
  const { doc } = findJobSchedule(account, call);
  return { status: readAllowed(call, doc.modified) ? 200 : 304, changed: doc.modified };
}

/** JobSchedule_Patch: replaces what is given; jobs that are there stay as they are. */
export function patchJobSchedule(account: Account, call: Call): Reply {
  return change(account, changeable(account, call), { call, given: checkSchedulePatch(call.body) });
}

/** JobSchedule_Update: replaces everything that may change. */
export function updateJobSchedule(account: Account, call: Call): Reply {
  const schedule = changeable(account, call);
  const given = { metadata: [], ...checkScheduleUpdate(call.body) };
  return change(account, schedule, { call, given });
}

/** JobSchedule_Disable: no more jobs are made; the one that is there goes on. */
export function disableJobSchedule(account: Account, call: Call): Reply {
  const schedule = changeable(account, call);
  if (schedule.doc.state === 'active') setScheduleState(account, schedule, 'disabled');
  runSchedule(account, schedule);
  return done(call, schedule, 204);
}

/** JobSchedule_Enable. */
export function enableJobSchedule(account: Account, call: Call): Reply {
  const schedule = changeable(account, call);
  if (schedule.doc.state === 'disabled') setScheduleState(account, schedule, 'active');
  runSchedule(account, schedule);
  return done(call, schedule, 204);
}

/** JobSchedule_Terminate. */
export function terminateJobSchedule(account: Account, call: Call): Reply {
  const schedule = changeable(account, call);
  terminateSchedule(account, schedule);
  return done(call, schedule, 202);
}

/** JobSchedule_Delete. */
export function removeJobSchedule(account: Account, call: Call): Reply {
  const schedule = findJobSchedule(account, call);
  requireCondition(call, schedule.doc.modified);
  if (schedule.doc.state === 'deleting') throw wrongState('deleting');
  deleteSchedule(account, schedule);
  return { status: 202 };
}

/** Job_ListFromJobSchedule. */
export function listJobsOfSchedule(account: Account, call: Call): Reply {
  const expand = readExpansion(account, call);
  return answerList(call, {
    kind: 'jobs',
    items: jobsOf(account, findJobSchedule(account, call)),
    key: (job) => job.doc.id.toLowerCase(),
    filters: jobFilters,
    property: jobProperty,
    render: (job) => jobView(job, expand),
    selectable: jobMembers,
  });
}

function view(account: Account, schedule: JobSchedule, expand: Expansion): object {
  return {
    ...jobScheduleView(schedule, expand.baseUrl),
    ...(expand.now !== undefined &&
      jobScheduleStats(schedule.doc, jobsOf(account, schedule), expand)),
  };
}

function findJobSchedule(account: Account, call: Call): JobSchedule {
  const schedule = account.jobSchedules.get(param(call, 'jobScheduleId').toLowerCase());
  if (schedule === undefined) throw new BatchError('JobScheduleNotFound');
  return schedule;
}

function changeable(account: Account, call: Call): JobSchedule {
  const schedule = findJobSchedule(account, call);
  requireCondition(call, schedule.doc.modified);
  const { state } = schedule.doc;
  if (state !== 'active' && state !== 'disabled') throw wrongState(state);
  return schedule;
}

function wrongState(state: JobScheduleDocument['state']): BatchError {
  return new BatchError('OperationInvalidForCurrentState', {
    values: [{ key: 'Reason', value: `The job schedule is in the state ${state}.` }],
  });
}

function change(
  account: Account,
  schedule: JobSchedule,
  { call, given }: { call: Call; given: ScheduleChange },
): Reply {
  const { metadata, jobSpecification } = given;
  const now = account.clock.stamp();
  const { nextRun, ...doc } = schedule.doc;
  const before = nextRun === undefined ? {} : { nextRun };
  schedule.doc = {
    ...doc,
    ...(given.schedule === undefined ? before : rescheduled(doc, given.schedule, now)),
    ...(jobSpecification !== undefined && { jobSpecification }),
    modified: now,
  };
  const read = given.schedule === undefined ? {} : { schedule: given.schedule };
  schedule.doc.spec = { ...doc.spec, ...read, ...(metadata !== undefined && { metadata }) };
  account.db.changed(schedule);
  runSchedule(account, schedule);
  return done(call, schedule, 200);
}

function rescheduled(
  doc: JobScheduleDocument,
  given: Json,
  now: number,
): Pick<JobScheduleDocument, 'schedule' | 'nextRun'> {
  const schedule = readSchedule(given);
  const { recurrenceInterval } = schedule;
  if (doc.jobs === 0) return { schedule, nextRun: firstRun(schedule, now) };
  // It has had its job for this time already.
  if (recurrenceInterval === undefined) return { schedule };
  return { schedule, nextRun: firstRun(schedule, now + recurrenceInterval * 1000) };
}

function done(call: Call, { doc }: JobSchedule, status: number): Reply {
  return { status, changed: doc.modified, dataServiceId: call.url };
}

function newSchedule(account: Account, id: string, given: ScheduleChange): JobScheduleDocument {
  const { displayName, metadata, schedule = {}, jobSpecification = {} } = given;
  const now = account.clock.stamp();
  const read = readSchedule(schedule);
  return {
    id,
    spec: {
      ...(displayName !== undefined && { displayName }),
      schedule,
      ...(metadata !== undefined && { metadata }),
    },
    schedule: read,
    jobSpecification,
    created: now,
    modified: now,
    state: 'active',
    stateAt: now,
    nextRun: firstRun(read, now),
    jobs: 0,
  };
}
