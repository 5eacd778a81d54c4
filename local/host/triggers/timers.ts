import type { RegisteredFunction } from '../app/registry.ts';
import { timerFunction, type TimerFunction, type TimerHost } from './timer.ts';

/** The timer functions of an app. */
export interface Timers {
  /** Reads the schedules of an app's functions; what it returns starts them in place of those before. */
  prepare(functions: RegisteredFunction[]): () => void;
  /** When one runs next, in milliseconds since 1970. */
  nextRun(name: string): number | undefined;
  /** Runs one now; false when there is none of that name. */
  runNow(name: string): boolean;
  /** Starts no more runs; resolves when those that run have ended. */
  close(): Promise<void>;
}

export function createTimers(host: TimerHost): Timers {
  let timers: TimerFunction[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(timers.map((timer) => timer.close()));
  };
  return {
    prepare(functions) {
      const next = functions
        .filter(({ type }) => type === 'timerTrigger')
        .map((entry) => timerFunction(entry, host));
      return () => {
        void close();
        timers = next;
        timers.forEach((timer) => timer.start());
      };
    },
    nextRun: (name) => timers.find((timer) => timer.name === name)?.nextRun(),
    runNow(name) {
      const found = timers.find((timer) => timer.name === name);
      void found?.runNow();
      return found !== undefined;
    },
    close,
  };
}
