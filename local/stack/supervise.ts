import { startPart, type PartDefinition, type PartProcess, type ReadyLine } from './part.ts';

/** A part that is kept running. */
export interface SupervisedPart<Name extends string = string> {
  name: Name;
  /** Of the process that runs now, or ran last. */
  readonly pid: number;
  readonly ready: ReadyLine;
  stop(): Promise<void>;
}

export interface SuperviseHooks {
  /** Told when a part ended and when it is up again. */
  log: (line: string) => void;
  /** Called when a part has a new process. */
  restarted: () => void;
}

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;
// A part that has run this long was well, and its next end is a new matter.
const WELL_AFTER_MS = 5_000;

/** Starts a part and starts it again, with growing pauses, whenever it ends. Rejects if the first start fails. */
export async function supervise<Name extends string>(
  definition: PartDefinition<Name>,
  hooks: SuperviseHooks,
): Promise<SupervisedPart<Name>> {
  let current = await startPart(definition);
  const stopping = new AbortController();
  const watching = watch(definition, hooks, {
    current: () => current,
    replace: (next) => (current = next),
    stopping: stopping.signal,
  });
  return {
    name: definition.name,
    get pid() {
      return current.pid;
    },
    get ready() {
      return current.ready;
    },
    async stop() {
      stopping.abort();
      await current.stop();
      await watching;
    },
  };
}

interface Watched {
  current(): PartProcess;
  replace(next: PartProcess): void;
  stopping: AbortSignal;
}

async function watch(
  definition: PartDefinition,
  { log, restarted }: SuperviseHooks,
  watched: Watched,
) {
  const { stopping } = watched;
  let wait = FIRST_WAIT_MS;
  for (;;) {
    const since = Date.now();
    const how = await watched.current().ended;
    if (stopping.aborted) return;
    if (Date.now() - since > WELL_AFTER_MS) wait = FIRST_WAIT_MS;
    // What was killed from outside has no reason to tell.
    const why = how.startsWith('exit code') ? watched.current().lastLine() : '';
    log(
      `The part "${definition.name}" ended (${how}) and is started again.${why && ` It said: ${why}`}`,
    );
    const next = await startUntilUp(definition, { log, wait, stopping });
    if (!next) return;
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    watched.replace(next);
    restarted();
    log(`The part "${definition.name}" is up again.`);
    if (stopping.aborted) await next.stop();
  }
}

interface Restart {
  log: (line: string) => void;
  wait: number;
  stopping: AbortSignal;
}

async function startUntilUp(definition: PartDefinition, { log, wait, stopping }: Restart) {
  for (let pause = wait; ; pause = Math.min(pause * 2, LONGEST_WAIT_MS)) {
    await sleep(pause, stopping);
    if (stopping.aborted) return undefined;
    try {
      return await startPart(definition);
    } catch (error) {
      log(String(error instanceof Error ? error.message : error));
    }
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
