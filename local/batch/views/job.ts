import type { Job } from '../account.ts';
import type { FilterValue } from '../odata/filter.ts';
import { isoTime } from '../time/stamp.ts';
import { head } from './head.ts';
import { jobStats, type Expansion } from './stats.ts';

/** Members of a job that $select may choose. */
export const jobMembers = [
  'id',
  'displayName',
  'usesTaskDependencies',
  'url',
  'eTag',
  'lastModified',
  'creationTime',
  'state',
  'stateTransitionTime',
  'previousState',
  'previousStateTransitionTime',
  'priority',
  'maxParallelTasks',
  'allowTaskPreemption',
  'constraints',
  'jobManagerTask',
  'jobPreparationTask',
  'jobReleaseTask',
  'commonEnvironmentSettings',
  'poolInfo',
  'onAllTasksComplete',
  'onTaskFailure',
  'networkConfiguration',
  'metadata',
  'executionInfo',
  'stats',
];

/** A job as it is read back. */
export function jobView(job: Job, expand: Expansion): object {
  const { doc } = job;
  const { baseUrl } = expand;
  return {
    ...head(doc, `${baseUrl}/jobs`),
    priority: doc.priority,
    maxParallelTasks: doc.maxParallelTasks,
    allowTaskPreemption: false,
    usesTaskDependencies: doc.usesTaskDependencies,
    constraints: {
      maxWallClockTime: doc.maxWallClockTime,
      maxTaskRetryCount: doc.maxTaskRetryCount,
    },
    ...(doc.environment.length > 0 && { commonEnvironmentSettings: doc.environment }),
    ...(doc.preparation !== undefined && { jobPreparationTask: doc.preparation }),
    ...(doc.release !== undefined && { jobReleaseTask: doc.release }),
    poolInfo:
      doc.autoPool === undefined ? { poolId: doc.poolId } : { autoPoolSpecification: doc.autoPool },
    onAllTasksComplete: doc.onAllTasksComplete,
    onTaskFailure: doc.onTaskFailure,
    ...doc.spec,
    executionInfo: {
      startTime: isoTime(doc.started),
      ...(doc.ended !== undefined && { endTime: isoTime(doc.ended) }),
      poolId: doc.poolId,
      ...(doc.schedulingError !== undefined && { schedulingError: doc.schedulingError }),
      ...(doc.terminateReason !== undefined && { terminateReason: doc.terminateReason }),
    },
    ...jobStats(job, expand),
  };
}

/** What a filter reads of a job. */
export function jobProperty({ doc }: Job, name: string): FilterValue | undefined {
  const values: Record<string, FilterValue | undefined> = {
    id: doc.id,
    state: doc.state,
    creationTime: doc.created,
    lastModified: doc.modified,
    stateTransitionTime: doc.stateAt,
    'executionInfo/startTime': doc.started,
    'executionInfo/endTime': doc.ended,
    'executionInfo/poolId': doc.poolId,
  };
  return values[name];
}
