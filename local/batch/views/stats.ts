import type { Job, Pool, Run } from '../account.ts';
import { coresOf } from '../faults/vm-cores.ts';
import { tasksIn } from '../store/counts.ts';
import type { TaskRow } from '../store/tasks.ts';
import { formatDuration } from '../time/duration.ts';
import { isoTime, type Stamp } from '../time/stamp.ts';

/** The part of an answer that $expand=stats asks for; nothing unless it does. */
export interface Expansion {
  /** Milliseconds since 1970; undefined when no statistics are asked for. */
  now: number | undefined;
  baseUrl: string;
}

/** Statistics of a job since it was made. */
export function jobStats(job: Job, { now, baseUrl }: Expansion): object {
  if (now === undefined) return {};
  const url = `${baseUrl}/jobs/${job.doc.id}`;
  return { stats: { url, ...times(job.doc.created, now), ...taskFigures([job], now) } };
}

/** Statistics of a job schedule: those of its jobs that are there, together. */
export function jobScheduleStats(
  doc: { id: string; created: Stamp },
  jobs: readonly Job[],
  { now, baseUrl }: Expansion,
): object {
  if (now === undefined) return {};
  const url = `${baseUrl}/jobschedules/${doc.id}`;
  return { stats: { url, ...times(doc.created, now), ...taskFigures(jobs, now) } };
}

/** Columns that the statistics of a task are made from. */
export const taskStatsColumns = ['created', 'startedAt', 'endedAt', 'earlierWall'] as const;

/** Statistics of a task since it was added; `now` is in milliseconds since 1970. */
export function taskStats(
  { created, startedAt, endedAt, earlierWall }: Pick<TaskRow, (typeof taskStatsColumns)[number]>,
  now: number,
): object {
  const until = endedAt ?? Math.floor(now * 1000);
  const latest = startedAt === null ? 0 : Math.max(0, until - startedAt);
  return {
    ...times(created, now),
    ...unmeasuredOfTasks,
    wallClockTime: formatDuration(earlierWall + latest),
    waitTime: formatDuration(Math.max(0, (startedAt ?? until) - created)),
  };
}

/** Statistics of a pool since it was made; what its nodes use is not measured. */
export function poolStats(pool: Pool, { now, baseUrl }: Expansion): object {
  if (now === undefined) return {};
  const covered = times(pool.doc.created, now);
  const dedicatedCoreTime = formatDuration(coreMicroseconds(pool, now));
  return {
    stats: {
      url: `${baseUrl}/pools/${pool.doc.id}`,
      ...covered,
      usageStats: { ...covered, dedicatedCoreTime },
      resourceStats: { ...covered, ...unmeasuredOfPool },
    },
  };
}

const unmeasuredOfPool = {
  avgCPUPercentage: 0,
  avgMemoryGiB: 0,
  peakMemoryGiB: 0,
  avgDiskGiB: 0,
  peakDiskGiB: 0,
  diskReadIOps: 0,
  diskWriteIOps: 0,
  diskReadGiB: 0,
  diskWriteGiB: 0,
  networkReadGiB: 0,
  networkWriteGiB: 0,
};

const unmeasuredOfTasks = {
  userCPUTime: 'PT0S',
  kernelCPUTime: 'PT0S',
  readIOps: 0,
  writeIOps: 0,
  readIOGiB: 0,
  writeIOGiB: 0,
};

function times(created: Stamp, now: number) {
  // Stamps may run ahead of the clock.
  const lastUpdateTime = isoTime(Math.max(created, Math.floor(now * 1000)));
  return { startTime: isoTime(created), lastUpdateTime };
}

function taskFigures(jobs: readonly Job[], now: number): object {
  const sum = (of: (job: Job) => number): number => jobs.reduce((total, job) => total + of(job), 0);
  return {
    ...unmeasuredOfTasks,
    // The service reports it of the whole account and of single tasks only.
    waitTime: 'PT0S',
    wallClockTime: formatDuration(sum((job) => wallMicroseconds(job, now))),
    numSucceededTasks: sum(({ counts }) => tasksIn(counts, 'succeeded')),
    numFailedTasks: sum(({ counts }) => tasksIn(counts, 'failed')),
    numTaskRetries: sum(({ doc }) => doc.taskRetries ?? 0),
  };
}

function wallMicroseconds({ doc, runs }: Job, now: number): number {
  let total = doc.wallMicroseconds ?? 0;
  for (const run of runs) total += since(run.started, now);
  return total;
}

function coreMicroseconds({ doc, nodes }: Pool, now: number): number {
  let total = doc.goneNodeMicroseconds ?? 0;
  for (const node of nodes.values()) {
    if (node.doc.dedicated) total += since(node.doc.allocated, now);
  }
  return total * coresOf(String(doc.spec.vmSize));
}

function since(started: Run['started'], now: number): number {
  return started === undefined ? 0 : Math.max(0, Math.floor(now * 1000) - started);
}
