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
  /** `closing` is set when the run had begun to end before, and how; `round` is where the generation begins. */
  plan: {
    input: RunRef;
    output: { ended: boolean; closing: RunRecord['closing']; round: number; slabs: Slab[] };
  };
  /** Not opened while the Batch account has no room for one more. */
  openPool: { input: RunRef; output: { opened: boolean } };
  openJob: { input: RunRef; output: { job: string | null } };
  submit: { input: JobRef & { slab: Slab }; output: null };
  /** One look at the job; `done` once nothing of it is left to complete, `error` when it is useless to go on. */
  watch: {
    input: JobRef & { pace: Pace | null };
    output: { done: boolean; pace: Pace; error: RunError | null };
  };
  /** Looks whether inputs of a round were overwritten. */
  checkInputs: { input: RunRef & { round: number; slabs: Slab[] }; output: null };
  /** Judges the tasks of one slab of a round. */
  judge: { input: JobRef & { round: number; slab: Slab }; output: null };
  /** What must go again makes the next round, after so many seconds; else the items are settled. */
  decide: {
    input: RunRef & { round: number; slabs: Slab[] };
    output: { slabs: Slab[]; waitSeconds: number; error: RunError | null };
  };
  /** Submitted: watch it. Else it is to be asked for again after so many seconds, or with 0 there is nothing more to do. */
  merge: { input: JobRef; output: { submitted: boolean; waitSeconds: number } };
  /** From here on the run can only end. */
  endJob: {
    input: RunRef & { job: string | null; error: RunError | null };
    output: { ended: boolean; job: string | null };
  };
  /** The blocks of ten thousand items each that the manifest is written by. */
  parts: { input: RunRef; output: { parts: number[] } };
  writePart: {
    input: RunRef & { job: string | null; part: number; error: RunError | null };
    output: PartSummary;
  };
  writeManifest: {
    input: RunRef & { parts: PartSummary[]; error: RunError | null };
    output: null;
  };
  /** Ends the run without a manifest, since a record that it is made from is corrupt. */
  breakOff: { input: RunRef & { error: RunError }; output: null };
  /** Without a job, all jobs of the run are looked for. */
  cleanUp: { input: RunRef & { job: string | null }; output: { gone: boolean } };
}

export type ActivityName = keyof Activities;

/** A written part of the manifest; `md5` in hex. */
export interface PartSummary {
  part: number;
  url: string;
  items: number;
  md5: string;
  succeeded: number;
  failed: number;
  cancelled: number;
}

/** What an activity answers: its output, a fault that trying again would not mend, or one that passes. */
export type Answer<K extends ActivityName> =
  | { ok: true; value: Activities[K]['output'] }
  | { ok: false; error: RunError }
  | { ok: false; error: RunError; retryAfterSeconds: number };
