import { BatchError } from '../wire/errors.ts';
import type { Json } from '../store/documents.ts';
import { environmentSettings, metadata } from './parts.ts';
import {
  checkBody,
  duration,
  id,
  integer,
  object,
  oneOf,
  refused,
  refusedUnlessFalse,
  text,
} from './rules.ts';

/** Checks the body of Job_Add. */
export function checkNewJob(body: unknown): Json {
  return withPool(checkBody(body, newJob));
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
export function checkTerminate(body: unknown): string | undefined {
  const { terminateReason } = checkBody(body ?? {}, { terminateReason: text() });
  return terminateReason as string | undefined;
}

function withPool(job: Json): Json {
  if (typeof (job.poolInfo as Json | undefined)?.poolId === 'string') return job;
  throw new BatchError('MissingRequiredProperty', {
    values: [{ key: 'PropertyName', value: 'poolInfo.poolId' }],
  });
}

const changeable = {
  priority: integer(-1000, 1000),
  maxParallelTasks: integer(-1, 1_000_000),
  allowTaskPreemption: refusedUnlessFalse,
  constraints: object({ maxWallClockTime: duration(), maxTaskRetryCount: integer(-1, 1_000_000) }),
  poolInfo: object({ poolId: id, autoPoolSpecification: refused }),
  metadata,
  onAllTasksComplete: oneOf('noaction', 'terminatejob'),
};

const newJob = {
  ...changeable,
  'id!': id,
  displayName: text(1024),
  jobManagerTask: refused,
  jobPreparationTask: refused,
  jobReleaseTask: refused,
  commonEnvironmentSettings: environmentSettings,
  onTaskFailure: (value: unknown, name: string) => {
    const action = oneOf('noaction', 'performexitoptionsjobaction')(value, name);
    return action === 'noaction' ? action : refused(action, `${name}=performexitoptionsjobaction`);
  },
  usesTaskDependencies: refusedUnlessFalse,
  networkConfiguration: refused,
};
