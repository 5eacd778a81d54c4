import type { Run } from '../api/types.ts';

/** Everything that a live view shows. */
export interface LiveView {
  upload: Upload | null;
  runs: readonly Run[];
  /** What happens while there is no run yet, such as "waiting for the drops to settle". */
  note: string | null;
}

/** Progress of an upload; `done` counts files that arrived, `failed` those that could not. */
export interface Upload {
  files: number;
  bytes: number;
  done: number;
  failed: number;
}

/** A run's items, once all of them are known. */
export interface Items {
  total: number;
  succeeded: number;
  failed: number;
  running: number;
}

/** Whether the run has reached its final status and has cleaned up behind it. */
export function hasEnded(run: Run): boolean {
  return run.status !== 'Running' && run.phase === 'done';
}

/** Milliseconds since the run started, up to its end. */
export function elapsed(run: Run, now: number): number {
  const end = run.endedAt ? Date.parse(run.endedAt) : now;
  return end - Date.parse(run.startedAt);
}

/** The items; null before their number is known, because a share of a growing total would lie. */
export function knownItems({ counts }: Run): Items | null {
  if (counts.items === null || counts.items === 0) return null;
  return {
    total: counts.items,
    succeeded: counts.succeeded ?? 0,
    failed: counts.failed ?? 0,
    running: counts.running ?? 0,
  };
}

/** What the run waits for, in words; null when it does not. */
export function waitingText({ waiting }: Run): string | null {
  if (!waiting) return null;
  const words = waiting.for.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
  const text = words.startsWith('waiting') ? words : `waiting for ${words}`;
  const numbers = [
    waiting.have === undefined ? '' : `have ${waiting.have}`,
    waiting.need === undefined ? '' : `need ${waiting.need}`,
  ].filter(Boolean);
  return numbers.length > 0 ? `${text} (${numbers.join(', ')})` : text;
}
