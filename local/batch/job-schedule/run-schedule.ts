import type { Account, Job, JobSchedule } from '../account.ts';
import { createJob } from '../job/create-job.ts';
import { deleteJob, terminateJob } from '../job/lifecycle.ts';
import { deletePool } from '../pool/delete-pool.ts';
import type { JobScheduleDocument, Json } from '../store/documents.ts';
import { decide } from './decide.ts';

/** Does all that a job schedule has to do now, and waits for what is next. */
export function runSchedule(account: Account, schedule: JobSchedule): void {
  schedule.cancel?.();
  schedule.cancel = undefined;
  if (schedule.doc.state === 'terminating') completeWhenIdle(account, schedule);
  if (schedule.doc.state === 'deleting') removeWhenEmpty(account, schedule);
  while (schedule.doc.state === 'active' && advance(account, schedule));
}

/** Ends a job schedule and its job. */
export function terminateSchedule(account: Account, schedule: JobSchedule): void {
  setScheduleState(account, schedule, 'terminating');
  for (const job of jobsOf(account, schedule)) {
    if (!isOpen(job) || job.doc.state === 'terminating') continue;
    terminateJob(account, job, 'TerminateJobSchedule');
  }
  runSchedule(account, schedule);
}

/** Deletes a job schedule with all its jobs; it is gone once they are. */
export function deleteSchedule(account: Account, schedule: JobSchedule): void {
  setScheduleState(account, schedule, 'deleting');
  for (const job of jobsOf(account, schedule)) {
    if (job.doc.state !== 'deleting') deleteJob(account, job);
  }
  runSchedule(account, schedule);
}

/** Changes a job schedule's state, remembering the one before. */
export function setScheduleState(
  account: Account,
  schedule: JobSchedule,
  state: JobScheduleDocument['state'],
): void {
  const { doc } = schedule;
  const now = account.clock.stamp();
  schedule.doc = {
    ...doc,
    previousState: doc.state,
    previousStateAt: doc.stateAt,
    state,
    stateAt: now,
    modified: now,
  };
  account.db.changed(schedule);
}

/** The jobs that a schedule made and that are still there. */
export function jobsOf(account: Account, schedule: JobSchedule): Job[] {
  return [...account.jobs.values()].filter(({ doc }) => doc.scheduleId === schedule.doc.id);
}

/** Does one thing; true when there may be more to do now. */
function advance(account: Account, schedule: JobSchedule): boolean {
  const { doc } = schedule;
  const busy = jobsOf(account, schedule).some(isOpen);
  const state = { schedule: doc.schedule, nextRun: doc.nextRun, jobs: doc.jobs, busy };
  const decision = decide(state, account.clock.stamp());
  switch (decision.kind) {
    case 'create':
      setNextRun(account, schedule, decision.nextRun);
      makeJob(account, schedule);
      return true;
    case 'skip':
      setNextRun(account, schedule, decision.nextRun);
      return true;
    case 'complete':
      complete(account, schedule);
      return false;
    case 'wait':
      schedule.cancel = account.clock.startLimit(decision.until / 1000 - account.clock.now(), () =>
        runSchedule(account, schedule),
      );
      return false;
    case 'waitForJob':
      return false;
  }
}

function makeJob(account: Account, schedule: JobSchedule): void {
  const number = schedule.doc.jobs + 1;
  const id = `${schedule.doc.id}:job-${number}`;
  // Noted first: the job may have ended by the time it has been made.
  schedule.doc = { ...schedule.doc, jobs: number, recentJob: id };
  account.db.changed(schedule);
  const body: Json = { ...schedule.doc.jobSpecification, id };
  const { doc } = createJob(account, body, schedule.doc);
  if (doc.autoPool?.poolLifetimeOption !== 'jobschedule' || doc.schedulingError) return;
  schedule.doc = { ...schedule.doc, autoPoolId: doc.poolId };
  account.db.changed(schedule);
}

function setNextRun(account: Account, schedule: JobSchedule, nextRun: number | undefined): void {
  const { nextRun: _, ...doc } = schedule.doc;
  schedule.doc = { ...doc, ...(nextRun !== undefined && { nextRun }) };
  account.db.changed(schedule);
}

function completeWhenIdle(account: Account, schedule: JobSchedule): void {
  if (!jobsOf(account, schedule).some(isOpen)) complete(account, schedule);
}

function complete(account: Account, schedule: JobSchedule): void {
  setNextRun(account, schedule, undefined);
  setScheduleState(account, schedule, 'completed');
  schedule.doc.ended = schedule.doc.stateAt;
  dropPool(account, schedule);
}

function removeWhenEmpty(account: Account, schedule: JobSchedule): void {
  if (jobsOf(account, schedule).length > 0) return;
  dropPool(account, schedule);
  account.jobSchedules.delete(schedule.doc.id.toLowerCase());
  account.live.remove(schedule);
}

function dropPool(account: Account, schedule: JobSchedule): void {
  const { autoPoolId, jobSpecification } = schedule.doc;
  const poolInfo = jobSpecification.poolInfo as {
    autoPoolSpecification?: { keepAlive?: boolean };
  };
  const pool = account.pools.get((autoPoolId ?? '').toLowerCase());
  if (pool === undefined || pool.doc.state !== 'active') return;
  if (poolInfo.autoPoolSpecification?.keepAlive !== true) deletePool(account, pool);
}

function isOpen({ doc }: Job): boolean {
  return doc.state !== 'completed' && doc.state !== 'deleting';
}
