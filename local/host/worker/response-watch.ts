import type { Log } from '../app/log.ts';

/** How often the app's process is asked whether its event loop turns, in milliseconds. */
const pingEvery = 1_000;
/** After so many milliseconds without a sign of life a warning is due. */
const warnAfter = 5_000;

export interface ResponseWatch {
  /** Call on everything that the app's process says. */
  heard(): void;
  close(): void;
}

export interface ResponseWatchOptions {
  log: Log;
  /** Names of the functions that run. */
  running(): string[];
  /** Sends what the process answers at once. */
  ping(): void;
}

/** Warns, with the names of what runs, when the app's process does not answer for some seconds. */
export function watchResponse({ log, running, ping }: ResponseWatchOptions): ResponseWatch {
  let askedAt: number | undefined;
  let hasWarned = false;
  const look = (): void => {
    const names = [...new Set(running())];
    if (names.length === 0) askedAt = undefined;
    else if (askedAt === undefined) {
      askedAt = performance.now();
      ping();
    } else if (!hasWarned && performance.now() - askedAt >= warnAfter) {
      hasWarned = true;
      log('warning', 'app', blocked(names));
    }
  };
  const timer = setInterval(look, pingEvery);
  timer.unref();
  return {
    heard() {
      askedAt = undefined;
      hasWarned = false;
    },
    close: () => clearInterval(timer),
  };
}

function blocked(names: string[]): string {
  return (
    `The app has not answered for ${warnAfter / 1000} s: one of its functions blocks the event loop, ` +
    `so that all others wait. Running: ${names.join(', ')}.`
  );
}
