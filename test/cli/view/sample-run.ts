import type { Run } from '../../../cli/api/types.ts';

export const STARTED = Date.parse('2026-11-23T22:04:15Z');

/** A run as the API gives it, in the middle of its work; `change` replaces fields. */
export function sampleRun(change: Partial<Run> = {}): Run {
  return {
    id: 'log-rollup-261123220415-7f3a09c1d2e4',
    pipeline: 'log-rollup',
    status: 'Running',
    phase: 'watch',
    trigger: { kind: 'drop' },
    startedAt: new Date(STARTED).toISOString(),
    endedAt: null,
    waiting: null,
    error: null,
    counts: {
      items: 412,
      waiting: 100,
      running: 12,
      succeeded: 299,
      failed: 1,
      tasks: { active: 2, running: 1, completed: 6 },
    },
    ...change,
  };
}

/** The same run after its end. */
export function endedRun(change: Partial<Run> = {}): Run {
  return sampleRun({
    status: 'CompletedWithFailures',
    phase: 'done',
    endedAt: new Date(STARTED + 41_000).toISOString(),
    counts: {
      items: 412,
      waiting: 0,
      running: 0,
      succeeded: 411,
      failed: 1,
      tasks: { active: 0, running: 0, completed: 9 },
    },
    ...change,
  });
}
