import { EXIT } from '../errors.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm, the shim and the terminal may each deliver one Ctrl-C: what follows this closely is the same one. */
const SAME_PRESS_MS = 400;

/** Aborts at the first Ctrl-C or request to end; a second one ends the process at once. */
export function untilInterrupted(): { signal: AbortSignal; close: () => void } {
  const controller = new AbortController();
  let first: number | null = null;
  const heard = () => {
    if (first !== null && performance.now() - first > SAME_PRESS_MS) process.exit(EXIT.interrupted);
    first ??= performance.now();
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, heard);
  return {
    signal: controller.signal,
    close: () => {
      for (const name of SIGNALS) process.off(name, heard);
    },
  };
}
