/** Tells the time and calls back at a time; replaced in tests. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once `time` has come; returns what cancels it. */
  at(time: number, callback: () => void): () => void;
}

/** The longest delay that setTimeout keeps; it fires a longer one at once. */
const longestDelay = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: Date.now,
  at(time, callback) {
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const delay = time - Date.now();
      if (delay <= 0) timer = setTimeout(callback, 0);
      else timer = setTimeout(arm, Math.min(delay, longestDelay));
    };
    arm();
    return () => clearTimeout(timer);
  },
};
