import { setTimeout as sleep } from 'node:timers/promises';
import { UnreachableError } from '../api/client.ts';
import type { Run } from '../api/types.ts';
import { hasEnded } from './live-view.ts';

const INTERVAL_MS = 300;
/** A part of the stack that was killed is back sooner than this. */
const PATIENCE_MS = 20_000;

export interface FollowOptions {
  read: () => Promise<Run[]>;
  onChange: (runs: Run[]) => void;
  /** Asked when every run has ended: whether these are all that there will be. Any is enough by default. */
  complete?: (runs: Run[]) => boolean;
  signal?: AbortSignal;
}

/** Reads the runs again and again until all have ended; a service that is away for some seconds is waited for. */
export async function followRuns(options: FollowOptions): Promise<Run[]> {
  const { onChange, complete = ({ length }: Run[]) => length > 0, signal } = options;
  for (let awaySince: number | null = null; ;) {
    try {
      const runs = await options.read();
      awaySince = null;
      onChange(runs);
      if (runs.every(hasEnded) && complete(runs)) return runs;
    } catch (error) {
      awaySince ??= performance.now();
      const patient = performance.now() - awaySince < PATIENCE_MS;
      if (!(error instanceof UnreachableError) || !patient) throw error;
    }
    await sleep(INTERVAL_MS, undefined, { signal });
  }
}
