import { setTimeout as waitFor } from 'node:timers/promises';

const longest = 2 ** 31 - 1;

/** Calls back once `milliseconds` of the machine's time have passed, also beyond setTimeout's limit of 24.8 days; returns what cancels it. */
export function startTimer(milliseconds: number, callback: () => void): () => void {
  let left = Math.max(0, milliseconds);
  let handle: NodeJS.Timeout | undefined;
  const arm = (): void => {
    const step = Math.min(left, longest);
    left -= step;
    handle = setTimeout(() => (left > 0 ? arm() : callback()), step);
    handle.unref();
  };
  arm();
  return () => clearTimeout(handle);
}

/**
 * Waits for the machine: for its processes, disk and network, which no virtual time makes faster. Everything that
 * stands for Azure waits by the clock instead. Rejects when `signal` aborts.
 */
export async function waitReal(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await waitFor(milliseconds, undefined, signal === undefined ? {} : { signal });
}

/** Milliseconds since 1970 by the machine's clock. */
export function machineNow(): number {
  return Date.now();
}
