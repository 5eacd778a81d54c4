import type { Pace } from '../plan/poll.ts';
import type { Slab } from '../plan/plan.ts';
import type { RunError, RunRecord } from '../plan/run.ts';
import type { RunRef } from '../store/runs.ts';

export type { RunRef };

/** A run and the Batch job that its tasks are in. */
export type JobRef = RunRef & { job: string };

/** Every activity: what it is given and what it answers. Nothing here grows with the number of items. */
export interface Activities {
  /** Looks at a pipeline's waiting drops and starts a run when their window closes. */
  collect: { input: { pipeline: string }; output: { waitSeconds: number | null; more: boolean } };
  /** `closing` is set when the run had begun to end before, and how. */
  plan: {
    input: RunRef;
    output: { ended: boolean; closing: RunRecord['closing']; slabs: Slab[] };
  };
  /** Not opened while the Batch account has no room for one more. */
  openPool: { input: RunRef; output: { opened: boolean } };
  openJob: { input: RunRef; output: { job: string | null } };
  submit: { input: JobRef & { slab: Slab }; output: null };
  /** One look at the job; `done` once nothing of it is left to complete. */
  watch: { input: JobRef & { pace: Pace | null }; output: { done: boolean; pace: Pace } };
  /** Judges every item; slabs of tasks that must go again make the next round. */
  decide: { input: JobRef & { round: number }; output: { slabs: Slab[] } };
  merge: { input: JobRef; output: { submitted: boolean } };
  /** From here on the run can only end. */
  endJob: {
    input: RunRef & { job: string | null; error: RunError | null };
    output: { ended: boolean };
  };
  /** The id prefixes of ten thousand items each that the manifest is written by. */
  parts: { input: RunRef; output: { parts: string[] } };
  writePart: {
    input: RunRef & { job: string | null; part: string; error: RunError | null };
    output: PartSummary;
  };
  writeManifest: {
    input: RunRef & { job: string | null; parts: PartSummary[]; error: RunError | null };
    output: null;
  };
  /** Without a job, all jobs of the run are looked for. */
  cleanUp: { input: RunRef & { job: string | null }; output: { gone: boolean } };
}

export type ActivityName = keyof Activities;

/** A written part of the manifest; `md5` in hex. */
export interface PartSummary {
  part: string;
  url: string;
  items: number;
  md5: string;
  succeeded: number;
  failed: number;
}

/** What an activity answers: its output, or a fault that trying again would not mend. Passing faults are thrown. */
export type Answer<K extends ActivityName> =
  | { ok: true; value: Activities[K]['output'] }
  | { ok: false; error: RunError };
