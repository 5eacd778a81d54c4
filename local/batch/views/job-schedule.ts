import type { JobSchedule } from '../account.ts';
import type { FilterValue } from '../odata/filter.ts';
import { unlimited } from '../time/duration.ts';
import { isoTime } from '../time/stamp.ts';
import { head } from './head.ts';

/** Members of a job schedule that $select may choose. */
export const jobScheduleMembers = [
  'id',
  'displayName',
  'url',
  'eTag',
  'lastModified',
  'creationTime',
  'state',
  'stateTransitionTime',
  'previousState',
  'previousStateTransitionTime',
  'schedule',
  'jobSpecification',
  'executionInfo',
  'metadata',
  'stats',
];

/** A job schedule as it is read back. */
export function jobScheduleView({ doc }: JobSchedule, baseUrl: string): object {
  const { displayName, ...given } = doc.spec;
  return {
    ...head(doc, `${baseUrl}/jobschedules`),
    ...(displayName !== undefined && { displayName }),
    ...given,
    jobSpecification: {
      priority: 0,
      maxParallelTasks: -1,
      allowTaskPreemption: false,
      usesTaskDependencies: false,
      onAllTasksComplete: 'noaction',
      onTaskFailure: 'noaction',
      ...doc.jobSpecification,
      constraints: {
        maxWallClockTime: unlimited,
        maxTaskRetryCount: 0,
        ...(doc.jobSpecification.constraints as object | undefined),
      },
    },
    executionInfo: {
      ...(doc.nextRun !== undefined && { nextRunTime: isoTime(doc.nextRun) }),
      ...(doc.recentJob !== undefined && {
        recentJob: { id: doc.recentJob, url: `${baseUrl}/jobs/${doc.recentJob}` },
      }),
      ...(doc.ended !== undefined && { endTime: isoTime(doc.ended) }),
    },
  };
}

/** What a filter reads of a job schedule. */
export function jobScheduleProperty({ doc }: JobSchedule, name: string): FilterValue | undefined {
  const values: Record<string, FilterValue | undefined> = {
    id: doc.id,
    state: doc.state,
    creationTime: doc.created,
    lastModified: doc.modified,
    stateTransitionTime: doc.stateAt,
    'schedule/doNotRunUntil': doc.schedule.doNotRunUntil,
    'schedule/doNotRunAfter': doc.schedule.doNotRunAfter,
  };
  return values[name];
}
