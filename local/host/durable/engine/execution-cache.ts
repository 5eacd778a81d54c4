import { toExecution, type Execution } from '../execution.ts';
import type { Instance } from '../store/instances.ts';
import type { Store } from '../store/store.ts';

/** How many events may stay in memory, over all executions: about 50 MB. */
const keptEvents = 250_000;

export interface ExecutionCache {
  /** The execution of an instance, from memory or else from its history. */
  load(instance: Instance): Execution;
  peek(instanceId: string): Execution | undefined;
  forget(instanceId: string): void;
}

/** Keeps the executions that ran last in memory, so that an episode need not read their history. */
export function createExecutionCache(store: Store, limit = keptEvents): ExecutionCache {
  const kept = new Map<string, Execution>();
  const touch = (instanceId: string, execution: Execution): void => {
    kept.delete(instanceId);
    kept.set(instanceId, execution);
  };
  return {
    load(instance) {
      const found = kept.get(instance.instanceId);
      const execution =
        found?.executionId === instance.executionId
          ? found
          : toExecution(instance.executionId, store.history.read(instance));
      touch(instance.instanceId, execution);
      evict(kept, limit);
      return execution;
    },
    peek: (instanceId) => kept.get(instanceId),
    forget: (instanceId) => void kept.delete(instanceId),
  };
}

function evict(kept: Map<string, Execution>, limit: number): void {
  if (kept.size % 16 !== 0 && kept.size < 1_000) return;
  let total = 0;
  for (const execution of kept.values()) total += execution.played.length;
  for (const [instanceId, execution] of kept) {
    if (total <= limit || kept.size === 1) return;
    kept.delete(instanceId);
    total -= execution.played.length;
  }
}
