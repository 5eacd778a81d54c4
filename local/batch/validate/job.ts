import { BatchError, invalidProperty } from '../wire/errors.ts';
import type { Json } from '../store/documents.ts';
import { environmentSettings, metadata } from './parts.ts';
import { poolSpecification } from './pool.ts';
import { managerTask, preparationTask, releaseTask } from './programs.ts';
import {
  checkBody,
  duration,
  flag,
  id,
  integer,
  object,
  oneOf,
  refused,
  refusedUnlessFalse,
  text,
  type Rule,
} from './rules.ts';

/** Checks the body of Job_Add. */
export function checkNewJob(body: unknown): Json {
  return withRelease(withPool(checkBody(body, newJob)));
}

function withRelease(job: Json): Json {
  if (job.jobReleaseTask === undefined || job.jobPreparationTask !== undefined) return job;
  throw invalidProperty('jobReleaseTask', '', 'It needs a jobPreparationTask.');
}

/** Checks the body of Job_Patch. */
export function checkJobPatch(body: unknown): Json {
  const patch = checkBody(body, changeable);
  return patch.poolInfo === undefined ? patch : withPool(patch);
}

/** Checks the body of Job_Update, which replaces everything that may change. */
export function checkJobUpdate(body: unknown): Json {
  return withPool(checkBody(body, changeable));
}

/** Checks the body of Job_Disable. */
export function checkDisable(body: unknown): 'requeue' | 'terminate' | 'wait' {
  const { disableTasks } = checkBody(body, {
    'disableTasks!': oneOf('requeue', 'terminate', 'wait'),
  });
  return disableTasks as 'requeue' | 'terminate' | 'wait';
}

/** Checks the body of Job_Terminate, which may be absent. */
export function checkTerminate(body: unknown): string {
  const { terminateReason } = checkBody(body ?? {}, { terminateReason: text() });
  return String(terminateReason ?? 'UserTerminate');
}

function withPool(job: Json): Json {
  const { poolId, autoPoolSpecification } = (job.poolInfo ?? {}) as Json;
  if (poolId !== undefined && autoPoolSpecification !== undefined) {
    throw invalidProperty('poolInfo', job.poolInfo, 'It has either a poolId or an automatic pool.');
  }
  if (poolId !== undefined || autoPoolSpecification !== undefined) return job;
  throw new BatchError('MissingRequiredProperty', {
    values: [{ key: 'PropertyName', value: 'poolInfo.poolId' }],
  });
}

/** Checks what a job schedule makes its jobs from. */
export const jobSpecification: Rule<Json> = (value, name) => {
  const { 'id!': _, ...shape } = newJob;
  return withRelease(withPool(object(shape)(value, name)));
};

/** A job's own pool, defaults filled in. */
const autoPool: Rule<Json> = (value, name) => ({
  keepAlive: false,
  ...object({
    autoPoolIdPrefix: shortId,
    'poolLifetimeOption!': oneOf('jobschedule', 'job'),
    keepAlive: flag,
    'pool!': poolSpecification,
  })(value, name),
});

function shortId(value: unknown, name: string): string {
  const prefix = id(value, name);
  if (prefix.length <= 20) return prefix;
  throw invalidProperty(name, value, 'It may have at most 20 characters.');
}

const poolInfo = object({ poolId: id, autoPoolSpecification: autoPool });

const changeable = {
  priority: integer(-1000, 1000),
  maxParallelTasks: integer(-1, 1_000_000),
  allowTaskPreemption: refusedUnlessFalse,
  constraints: object({ maxWallClockTime: duration(), maxTaskRetryCount: integer(-1, 1_000_000) }),
  poolInfo,
  metadata,
  onAllTasksComplete: oneOf('noaction', 'terminatejob'),
};

const newJob = {
  ...changeable,
  'id!': id,
  displayName: text(1024),
  jobManagerTask: managerTask,
  jobPreparationTask: preparationTask,
  jobReleaseTask: releaseTask,
  commonEnvironmentSettings: environmentSettings,
  onTaskFailure: oneOf('noaction', 'performexitoptionsjobaction'),
  usesTaskDependencies: flag,
  networkConfiguration: refused,
};
