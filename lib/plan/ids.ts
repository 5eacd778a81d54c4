import { createHash } from 'node:crypto';

/** 64 hex digits of SHA-256; names ledger rows, slabs and pipelines by their content. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The identity of one version of one blob: what a ledger row is named by. */
export function dropHash(url: string, etag: string): string {
  return sha256(`${url}\n${etag}`).slice(0, 40);
}

/** Run id `{pipeline}-{yymmddhhmmss}-{12 hex}`, UTC; at most 58 characters, so that job and pool names fit in 64. */
export function runId(pipeline: string, at: Date, hex: string): string {
  const stamp = at
    .toISOString()
    .replaceAll(/[^0-9]/g, '')
    .slice(2, 14);
  return `${pipeline}-${stamp}-${hex.slice(0, 12)}`;
}

/** Whether `text` has the form of a run id; anything else never reaches storage. */
export function isRunId(text: string): boolean {
  return /^[a-z][a-z0-9-]{0,31}-\d{12}-[0-9a-f]{12}$/.test(text);
}

const FAR_FUTURE = 9_999_999_999_999;

/** Sorts newest first: the run's second counted down from a far future. */
export function newestFirst(run: string, at: Date): string {
  const left = FAR_FUTURE - at.getTime();
  return `${String(left).padStart(13, '0')}.${run}`;
}

/** When a run began, in milliseconds since 1970, from its name in an index. */
export function startOf(entry: string): number {
  return FAR_FUTURE - Number(entry.slice(0, entry.indexOf('.')));
}

/** The durable instance that drives a run in one epoch; never used again. */
export function runInstance(run: string, epoch: number): string {
  return `${run}-e${epoch}`;
}

/** The durable instance that gathers the drops of a pipeline. */
export function collectorInstance(pipeline: string): string {
  return `collector-${pipeline}`;
}

/** Batch job of a run; `n` grows when a name is taken by something that is not ours. */
export function jobName(run: string, n: number): string {
  return `${jobPrefix(run)}${n}`;
}

/** Names that each generation of a run has for its job. */
const JOB_NAMES = 9;

/** Numbers of the jobs that a generation of a run may have, the first and the last. */
export function jobNumbers(generation: number): { first: number; last: number } {
  const last = generation * JOB_NAMES;
  return { first: last - JOB_NAMES + 1, last };
}

/** Whether a job, by its name, is one of a generation of a run. */
export function isJobOf(job: string, run: string, generation: number): boolean {
  const { first, last } = jobNumbers(generation);
  const number = Number(job.slice(jobPrefix(run).length));
  return number >= first && number <= last;
}

/** How the names of all jobs of a run begin. */
export function jobPrefix(run: string): string {
  return `${run}-j`;
}

/** Batch task `{slab}-{seq}-a{attempt}`. */
export function taskName(slab: number, seq: number, attempt: number): string {
  return `${String(slab).padStart(4, '0')}-${String(seq).padStart(5, '0')}-a${attempt}`;
}

/** Item ids count from 1, six digits, so that they sort as text. */
export function itemId(index: number): string {
  return String(index + 1).padStart(6, '0');
}
