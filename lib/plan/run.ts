import type { FinalStatus } from './manifest.ts';
import type { RedriveChoice } from './redrive.ts';
import type { FailureGroup } from './signature.ts';
import type { TaskCounts } from './poll.ts';

/** The four ways a run ends. */
export const FINAL_STATUSES = [
  'Succeeded',
  'CompletedWithFailures',
  'Failed',
  'Cancelled',
] as const satisfies FinalStatus[];

export const RUN_STATUSES = ['Running', ...FINAL_STATUSES] as const;

export type RunStatus = (typeof RUN_STATUSES)[number];

/** What a run is at, in their order; `done` once its pool and job are gone. */
export const PHASES = [
  'plan',
  'pool',
  'submit',
  'watch',
  'merge',
  'manifest',
  'cleanup',
  'done',
] as const;

export type Phase = (typeof PHASES)[number];

export interface RunError {
  code: string;
  message: string;
}

/** `runs/{id}/run.json`: the truth about a run. Times in ISO 8601. */
export interface RunRecord {
  id: string;
  pipeline: string;
  pipelineHash: string;
  epoch: number;
  /** 1 at first, and one more with each redrive. */
  generation: number;
  status: RunStatus;
  /** `scheduledFor` is the time that a schedule named, in ISO 8601. */
  trigger: { kind: 'drop' | 'http' | 'schedule'; scheduledFor?: string };
  startedAt: string;
  endedAt: string | null;
  error: RunError | null;
  /** The last time that the run got a new epoch because nobody drove it any more, and how often in a row. */
  adopted: { at: string; count: number; reason: string } | null;
  /** Set when the run begins to end and taken back once it has: whoever takes over then ends it, and in the same way. */
  closing: { job: string | null; error: RunError | null } | null;
  /** Somebody wants it to stop; read at the start of every activity. */
  cancel: { at: string; reason: string } | null;
  /** How it will end, once that is decided: a cancel that comes after is too late. */
  verdict: FinalStatus | null;
  /** What the present generation was asked to run again; null in the first. */
  redrive: RedriveChoice | null;
}

/** The record of a run that begins. */
export function newRun(
  first: Pick<RunRecord, 'id' | 'pipeline' | 'pipelineHash' | 'trigger' | 'startedAt'>,
): RunRecord {
  return { ...first, epoch: 1, generation: 1, redrive: null, ...GOING };
}

/** What is known of the end of a run that is going, in any of its generations. */
export const GOING = {
  status: 'Running',
  endedAt: null,
  error: null,
  adopted: null,
  closing: null,
  cancel: null,
  verdict: null,
} as const satisfies Partial<RunRecord>;

/** Items as far as they are known. */
export interface ItemCounts {
  items: number;
  waiting: number;
  running: number;
  succeeded: number;
  failed: number;
}

/** What a run waits for: nodes it has and needs, why, what to do, and since when, in ISO 8601. */
export interface Waiting {
  for: 'WaitingForCapacity';
  have: number;
  need: number;
  message: string;
  since: string;
}

/** What last kept a run from going on, and when, in ISO 8601; it is tried again. */
export interface Fault extends RunError {
  at: string;
}

/** `runs/{id}/progress.json`: what people see while it runs; losing it costs nothing. */
export interface Progress {
  /** Of who wrote it; an older one never overwrites a newer one. */
  epoch: number;
  phase: Phase;
  waiting: Waiting | null;
  fault: Fault | null;
  items: ItemCounts | null;
  tasks: TaskCounts | null;
  /** The failures of a run that has ended, the largest group first. */
  failures: FailureGroup[] | null;
}

/** Items of a run from what was listed; those in running tasks are estimated from the size of a pack. */
export function itemCounts(
  items: number,
  listed: { succeeded: number; failed: number },
  tasks: { running: number; perTask: number },
): ItemCounts {
  const open = Math.max(0, items - listed.succeeded - listed.failed);
  const running = Math.min(open, tasks.running * tasks.perTask);
  return {
    items,
    waiting: open - running,
    running,
    succeeded: listed.succeeded,
    failed: listed.failed,
  };
}
