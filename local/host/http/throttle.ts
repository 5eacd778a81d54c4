/** Holds how many HTTP functions run and wait. */
export interface Throttle {
  /** Runs `work` when its turn comes; false, at once, when there is too much to do already. */
  run(work: () => Promise<void>): Promise<boolean>;
}

/** At most `concurrent` at once; what would make more than `outstanding` in all is refused. */
export function createThrottle(limits: { concurrent: number; outstanding: number }): Throttle {
  const waiting: (() => void)[] = [];
  let outstanding = 0;
  let running = 0;
  return {
    async run(work) {
      if (outstanding >= limits.outstanding) return false;
      outstanding += 1;
      if (running >= limits.concurrent) await new Promise<void>((resolve) => waiting.push(resolve));
      else running += 1;
      try {
        await work();
        return true;
      } finally {
        outstanding -= 1;
        const next = waiting.shift();
        if (next) next();
        else running -= 1;
      }
    },
  };
}
