import { startTimer } from './timer.ts';
import type { Stamp } from './stamp.ts';

/** What a timer does; work that it begins is held until it has settled. */
export type TimerCallback = () => void | Promise<void>;

/** The emulator's only source of time. Every wait for emulated time goes through it, so that it may be virtual. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** A stamp that was never given before. */
  stamp(): Stamp;
  /** Calls back once `milliseconds` have passed, for something that is under way; returns what cancels it. */
  startTimer(milliseconds: number, callback: TimerCallback): () => void;
  /** The same for a limit or for what recurs: automatic virtual time passes it, but does not move on for its sake. */
  startLimit(milliseconds: number, callback: TimerCallback): () => void;
  /** Calls back in the next turn of the event loop. */
  soon(callback: TimerCallback): void;
  /** Virtual time stands still until the work has settled; returns it. */
  hold<T>(work: Promise<T>): Promise<T>;
  /** Cancels all timers. */
  close(): void;
}

/** What a clock is made from. */
export interface ClockOptions {
  /** Milliseconds since 1970; the machine's own clock by default. */
  now?: (() => number) | undefined;
  /** The last stamp that was ever given. */
  after?: Stamp;
  /** Receives what callbacks throw. */
  onError: (error: unknown) => void;
}

/** A clock that goes as the machine's does. */
export function createClock({ now = Date.now, after = 0, onError }: ClockOptions): Clock {
  const pending = new Set<() => void>();
  const start = (milliseconds: number, callback: TimerCallback): (() => void) => {
    const cancelTimer = startTimer(milliseconds, () => {
      pending.delete(cancel);
      void runGuarded(callback, onError);
    });
    const cancel = (): void => {
      pending.delete(cancel);
      cancelTimer();
    };
    pending.add(cancel);
    return cancel;
  };
  return {
    now,
    stamp: createStamps(now, after),
    startTimer: start,
    startLimit: start,
    soon: (callback) => void setImmediate(() => void runGuarded(callback, onError)),
    hold: (work) => work,
    close: () => {
      for (const cancel of pending) cancel();
    },
  };
}

/** Gives times of which each is later than the one before, whatever the clock does. */
export function createStamps(now: () => number, after: Stamp): () => Stamp {
  let last = after;
  return () => {
    last = Math.max(last + 1, Math.floor(now() * 1000));
    return last;
  };
}

/** A stamp of the machine's time, for answers while there is no account to ask. */
export const machineStamp = createStamps(Date.now, 0);

/** Runs a callback to its end; what it throws goes to `onError`. */
export async function runGuarded(
  callback: TimerCallback,
  onError: (error: unknown) => void,
): Promise<void> {
  try {
    await callback();
  } catch (error) {
    onError(error);
  }
}
