import { toExecution, type Execution } from '../execution.ts';
import type { Instance } from '../store/instances.ts';
import type { Store } from '../store/store.ts';

/** How many events may stay in memory, over all executions: about 50 MB. */
const keptEvents = 250_000;

export interface ExecutionCache {
  /** The execution of an instance, from memory or else from its history. */
  load(instance: Instance): Execution;
  /** Notes how long the last episode of an instance took, in milliseconds. */
  took(instanceId: string, cost: number): void;
  /** What was noted last; 0 when nothing was, or it was forgotten. */
  costOf(instanceId: string): number;
  forget(instanceId: string): void;
}

interface Kept {
  execution: Execution;
  /** How many of its events are in the total; more may have come since. */
  counted: number;
  cost: number;
}

/** Keeps the executions that ran last in memory, so that an episode need not read their history. */
export function createExecutionCache(
  store: { history: Pick<Store['history'], 'read'> },
  limit = keptEvents,
): ExecutionCache {
  const kept = new Map<string, Kept>();
  let total = 0;

  const forget = (instanceId: string): void => {
    total -= kept.get(instanceId)?.counted ?? 0;
    kept.delete(instanceId);
  };
  const keep = (instanceId: string, execution: Execution, cost: number): void => {
    const counted = execution.played.length;
    kept.set(instanceId, { execution, counted, cost });
    total += counted;
  };
  const evict = (): void => {
    // The oldest first; the newest is the one that was asked for.
    for (const instanceId of kept.keys()) {
      if (total <= limit || kept.size === 1) return;
      forget(instanceId);
    }
  };
  return {
    load(instance) {
      const { instanceId, executionId } = instance;
      const found = kept.get(instanceId);
      const execution =
        found?.execution.executionId === executionId
          ? found.execution
          : toExecution(executionId, store.history.read(instance));
      forget(instanceId);
      keep(instanceId, execution, found?.cost ?? 0);
      evict();
      return execution;
    },
    took(instanceId, cost) {
      const found = kept.get(instanceId);
      if (found) found.cost = cost;
    },
    costOf: (instanceId) => kept.get(instanceId)?.cost ?? 0,
    forget,
  };
}
