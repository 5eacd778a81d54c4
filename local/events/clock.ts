/** The time and a way to wait for it, so that a test can turn it by hand. */
export interface Clock {
  /** Unix time in ms. */
  now(): number;
  /** Calls back once after `ms`; what it returns calls that off. */
  after(ms: number, callback: () => void): () => void;
}

// Node fires a timer beyond this at once.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's clock; its timers do not keep a process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(ms, 0), LONGEST_TIMER_MS)).unref();
    return () => clearTimeout(timer);
  },
};
