/** Lets a bounded number of calls to one service be under way, and fewer of them while the service is throttling. */
export interface Limiter {
  /** Waits for its turn, then makes the call. */
  run<T>(call: () => Promise<T>): Promise<T>;
  /** The service said "not now": half as many calls from here on. */
  throttled(): void;
  /** The service answered: step by step as many calls as before. */
  answered(): void;
  /** Calls that may be under way now. */
  readonly limit: number;
}

/** Milliseconds in which all that the service refuses counts as one refusal. */
const ONE_REFUSAL_MS = 1000;

/** A limiter of at most `most` calls; `now` in milliseconds. */
export function createLimiter(most: number, now: () => number = Date.now): Limiter {
  let limit = most;
  let underWay = 0;
  let throttledAt = Number.NEGATIVE_INFINITY;
  const waiting: (() => void)[] = [];

  function pump(): void {
    while (waiting.length > 0 && underWay < Math.floor(limit)) {
      underWay++;
      waiting.shift()?.();
    }
  }

  return {
    async run(call) {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        pump();
      });
      try {
        return await call();
      } finally {
        underWay--;
        pump();
      }
    },
    throttled() {
      if (now() - throttledAt < ONE_REFUSAL_MS) return;
      throttledAt = now();
      limit = Math.max(1, limit / 2);
    },
    answered() {
      // One more for each time that as many as are allowed were answered: coming back slowly causes no new throttling.
      limit = Math.min(most, limit + 1 / limit);
      pump();
    },
    get limit() {
      return Math.floor(limit);
    },
  };
}
