/** How long episodes may run before the event loop gets its turn, in milliseconds. */
const slice = 8;

/** Runs episodes: one at a time for each instance, instances interleaved. */
export interface ReadyQueue {
  /** Runs the instance's next episode soon, after the one that is running. */
  wake(instanceId: string): void;
  /** Starts no more episodes; resolves when none is running. */
  close(): Promise<void>;
}

/** What the queue is made of. */
export interface ReadyQueueOptions {
  run(instanceId: string): Promise<void>;
  /** Milliseconds to gather more events before an episode. */
  delayOf(instanceId: string): number;
}

/** Makes an empty queue. */
export function createReadyQueue({ run, delayOf }: ReadyQueueOptions): ReadyQueue {
  const ready = new Set<string>();
  const gathering = new Set<string>();
  const running = new Map<string, Promise<void>>();
  let scheduled = false;
  let closed = false;

  const schedule = (): void => {
    if (scheduled || closed) return;
    scheduled = true;
    setImmediate(pump);
  };
  const pump = (): void => {
    scheduled = false;
    const end = performance.now() + slice;
    for (const instanceId of ready) {
      if (closed) return;
      if (running.has(instanceId)) continue;
      ready.delete(instanceId);
      const done = run(instanceId).finally(() => {
        running.delete(instanceId);
        if (ready.has(instanceId)) schedule();
      });
      running.set(instanceId, done);
      if (performance.now() > end) return schedule();
    }
  };
  const makeReady = (instanceId: string): void => {
    gathering.delete(instanceId);
    ready.add(instanceId);
    schedule();
  };
  return {
    wake(instanceId) {
      if (closed || ready.has(instanceId) || gathering.has(instanceId)) return;
      const delay = delayOf(instanceId);
      if (delay < 1) return makeReady(instanceId);
      gathering.add(instanceId);
      setTimeout(makeReady, delay, instanceId);
    },
    async close() {
      closed = true;
      await Promise.allSettled(running.values());
    },
  };
}
