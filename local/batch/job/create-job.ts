import { randomUUID } from 'node:crypto';
import type { Account, Job } from '../account.ts';
import { createPool } from '../pool/create-pool.ts';
import type {
  AutoPool,
  EnvironmentSetting,
  JobDocument,
  Json,
  ManagerTask,
  PreparationTask,
  ReleaseTask,
} from '../store/documents.ts';
import type { TaskSpec } from '../task-spec.ts';
import { unlimited } from '../time/duration.ts';
import { constraintsOf } from '../validate/programs.ts';
import { BatchError } from '../wire/errors.ts';
import { insertTask } from './insert-task.ts';
import { armJobLimit } from './lifecycle.ts';
import { jobSettled, setJobState } from './settle.ts';

/** The job schedule that makes a job. */
export interface Maker {
  id: string;
  /** The pool of the schedule's jobs, once it has been made. */
  autoPoolId?: string | undefined;
}

/** Makes a job from what was accepted of it, with its own pool and its manager task where it asks for them. */
export function createJob(account: Account, body: Json, maker?: Maker): Job {
  const job = account.live.addJob({
    ...newJob(account, body),
    ...(maker !== undefined && { scheduleId: maker.id }),
  });
  account.jobs.set(job.doc.id.toLowerCase(), job);
  if (job.doc.autoPool !== undefined && !placeOnAutoPool(account, job, maker)) return job;
  addManager(account, job, body.jobManagerTask as Json | undefined);
  armJobLimit(account, job);
  jobSettled(account, job);
  account.schedule();
  return job;
}

/** What a job's constraints are when only some are given. */
export function jobConstraints(
  constraints: unknown,
): Pick<JobDocument, 'maxWallClockTime' | 'maxTaskRetryCount'> {
  const given = constraints as Partial<Pick<JobDocument, 'maxWallClockTime' | 'maxTaskRetryCount'>>;
  return {
    maxWallClockTime: given.maxWallClockTime ?? unlimited,
    maxTaskRetryCount: given.maxTaskRetryCount ?? 0,
  };
}

function newJob(account: Account, body: Json): JobDocument {
  const now = account.clock.stamp();
  const { poolId, autoPoolSpecification } = body.poolInfo as {
    poolId?: string;
    autoPoolSpecification?: AutoPool;
  };
  const manager = body.jobManagerTask as Partial<ManagerTask> | undefined;
  return {
    id: String(body.id),
    spec: readBack(body),
    poolId: poolId ?? '',
    ...(autoPoolSpecification !== undefined && { autoPool: autoPoolSpecification }),
    priority: Number(body.priority ?? 0),
    maxParallelTasks: Number(body.maxParallelTasks ?? -1),
    ...jobConstraints(body.constraints ?? {}),
    onAllTasksComplete: (body.onAllTasksComplete ??
      'noaction') as JobDocument['onAllTasksComplete'],
    onTaskFailure: (body.onTaskFailure ?? 'noaction') as JobDocument['onTaskFailure'],
    usesTaskDependencies: body.usesTaskDependencies === true,
    environment: (body.commonEnvironmentSettings ?? []) as EnvironmentSetting[],
    ...(body.jobPreparationTask !== undefined && {
      preparation: body.jobPreparationTask as PreparationTask,
    }),
    ...(body.jobReleaseTask !== undefined && { release: body.jobReleaseTask as ReleaseTask }),
    ...(manager !== undefined && {
      manager: {
        id: String(manager.id),
        killJobOnCompletion: manager.killJobOnCompletion === true,
        runExclusive: manager.runExclusive === true,
      },
    }),
    created: now,
    modified: now,
    state: 'active',
    stateAt: now,
    started: now,
  };
}

function readBack(body: Json): Json {
  const spec: Json = {};
  for (const name of ['displayName', 'metadata']) {
    if (body[name] !== undefined) spec[name] = body[name];
  }
  if (body.jobManagerTask === undefined) return spec;
  const manager = body.jobManagerTask as Json;
  return {
    ...spec,
    jobManagerTask: {
      ...manager,
      constraints: managerConstraints(body, manager),
    },
  };
}

function managerConstraints(body: Json, manager: Json): Json {
  const { maxTaskRetryCount } = jobConstraints(body.constraints ?? {});
  return constraintsOf(manager.constraints, maxTaskRetryCount);
}

function addManager(account: Account, job: Job, given: Json | undefined): void {
  if (given === undefined) return;
  const {
    id,
    killJobOnCompletion: _,
    runExclusive: __,
    allowLowPriorityNode: ___,
    ...spec
  } = job.doc.spec.jobManagerTask as Json;
  const { seq } = insertTask(account, job, { id: String(id), spec: spec as unknown as TaskSpec });
  job.doc.managerSeq = seq;
  account.db.changed(job);
}

/** Gives a job the pool that is made for it, or for its schedule; false when it cannot be, which completes the job. */
function placeOnAutoPool(account: Account, job: Job, maker: Maker | undefined): boolean {
  const { autoPool } = job.doc;
  if (autoPool === undefined) return true;
  const shared = maker !== undefined && autoPool.poolLifetimeOption === 'jobschedule';
  if (shared && maker.autoPoolId !== undefined) {
    job.doc.poolId = maker.autoPoolId;
    return true;
  }
  const prefix = autoPool.autoPoolIdPrefix === undefined ? '' : `${autoPool.autoPoolIdPrefix}_`;
  job.doc.poolId = `${prefix}${randomUUID().toUpperCase()}`;
  try {
    const madeFor = shared
      ? ({ kind: 'jobschedule', id: maker.id } as const)
      : ({ kind: 'job', id: job.doc.id } as const);
    createPool(account, { ...autoPool.pool, id: job.doc.poolId }, madeFor);
    return true;
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    failScheduling(account, job, error);
    return false;
  }
}

const schedulingErrors: Record<string, string> = {
  PoolQuotaReached: 'AutoPoolCreationFailedWithQuotaReached',
  InvalidApplicationPackageReferences: 'InvalidApplicationPackageReferencesInAutoPool',
};

function failScheduling(account: Account, job: Job, { code, message, values }: BatchError): void {
  setJobState(account, job, 'completed');
  job.doc.ended = job.doc.stateAt;
  job.doc.schedulingError = {
    category: 'usererror',
    code: schedulingErrors[code] ?? 'InvalidAutoPoolSettings',
    message,
    details: values.map(({ key, value }) => ({ name: key, value })),
  };
  account.jobEnded(job);
}
