import type { EndCause, Run } from '../account.ts';

/** Makes a running task end: its processes are killed, and what follows depends on the cause. */
export function endRun(run: Run, cause: EndCause): void {
  // A task that is deleted or terminated while it goes back to its job must not run again.
  if (run.cause === undefined || run.cause === 'requeue' || run.cause === 'recovery') {
    run.cause = cause;
  }
  run.abort.abort();
}
