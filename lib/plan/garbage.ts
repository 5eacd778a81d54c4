/** Something that nobody needs any more, and why, in words that end a sentence. */
export interface Garbage {
  kind: 'pool' | 'job' | 'run' | 'logs';
  /** Id of the pool or job, or of the run. */
  id: string;
  run: string;
  reason: string;
}

/** A pool or job that names its run; times in milliseconds since 1970. */
export interface Owned {
  kind: 'pool' | 'job';
  id: string;
  owner: { run: string; expiresAt: number };
}

/** Why a pool or job is nobody's; null while its run is at work. */
export function whyOrphan(
  { owner }: Owned,
  active: ReadonlySet<string>,
  now: number,
): string | null {
  if (owner.expiresAt < now) return 'its time has run out';
  return active.has(owner.run) ? null : 'its run has ended or never was';
}

/** How long a pipeline keeps things, in seconds after a run has ended; absent: for ever. */
export interface Keep {
  runs?: number | undefined;
  logs?: number | undefined;
}

/** What of an ended run has been kept long enough; the whole run goes before its logs alone. */
export function pastKeep(
  keep: Keep,
  run: { endedAt: number; logsGone: boolean },
  now: number,
): 'run' | 'logs' | null {
  const age = (now - run.endedAt) / 1000;
  if (keep.runs !== undefined && age > keep.runs) return 'run';
  return keep.logs !== undefined && age > keep.logs && !run.logsGone ? 'logs' : null;
}
