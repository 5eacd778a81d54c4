import { messageOf } from '../app/errors.ts';
import type { Log } from '../app/log.ts';
import type { RegisteredFunction } from '../app/registry.ts';
import { startAppProcess, type AppProcess, type AppProcessOptions } from './app-process.ts';
import type { Calls } from './calls.ts';

/** How long what runs may go on when the app is loaded anew, in milliseconds. */
const drainTime = 1_000;
/** How long appTerminate hooks may take, in milliseconds. */
const hooksTime = 800;
/** Pauses before a process that ended by itself is started again, in milliseconds. */
const pauses = [0, 100, 500, 2_000, 5_000];
/** A process that has run so many milliseconds was well, and its end is a new matter. */
const wellAfter = 2_000;

export interface ProcessesOptions extends AppProcessOptions {
  log: Log;
  calls: Calls;
  /** Takes over the functions of an app that was loaded; throws to refuse them. */
  accept(functions: RegisteredFunction[]): void;
}

/** The processes of an app: one at a time, and another when it ends. */
export interface Processes {
  current(): AppProcess | undefined;
  start(): Promise<void>;
  /** Ends a process by force; another follows. `reason` as in AppProcess. */
  kill(process: AppProcess, reason: string): void;
  /** Ends the process in an orderly way and starts another; never throws. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

export function createProcesses(options: ProcessesOptions): Processes {
  const state: State = { options, accepted: '', failures: 0, closed: false };
  let turn: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => (turn = turn.then(work, work));
  state.startInTurn = () => void inTurn(() => startOrRefuse(state, false));
  return {
    current: () => state.current,
    start: () => start(state, true),
    kill(process, reason) {
      if (state.current === process) options.calls.detach();
      process.kill(reason);
    },
    reload() {
      return inTurn(async () => {
        await stop(state, 'was replaced by a newer one', drainTime);
        state.failures = 0;
        await startOrRefuse(state, true);
      });
    },
    close() {
      state.closed = true;
      return inTurn(() => stop(state, 'was ended with the host', 0));
    },
  };
}

interface State {
  options: ProcessesOptions;
  current?: AppProcess | undefined;
  /** The functions that were accepted last, as JSON. */
  accepted: string;
  /** How often in a row a process ended or did not start. */
  failures: number;
  closed: boolean;
  retry?: NodeJS.Timeout;
  /** Starts a process when nothing else is going on. */
  startInTurn?: () => void;
}

async function start(state: State, isReload: boolean): Promise<void> {
  const { options } = state;
  const process = await startAppProcess(options);
  try {
    const functions = JSON.stringify(process.functions);
    if (isReload || functions !== state.accepted) options.accept(process.functions);
    state.accepted = functions;
  } catch (error) {
    process.kill('was refused');
    throw error;
  }
  state.current = process;
  options.calls.attach(process);
  void untilEnd(state, process);
}

async function untilEnd(state: State, process: AppProcess): Promise<void> {
  const { log, calls } = state.options;
  const startedAt = performance.now();
  const end = await process.ended;
  if (!end.isCrash || performance.now() - startedAt > wellAfter) state.failures = 0;
  calls.processEnded(process, end);
  if (state.current !== process) return;
  state.current = undefined;
  log('error', 'app', `The app's process ${end.reason}. It is started again.`);
  startLater(state);
}

function startLater(state: State): void {
  const pause = pauses[Math.min(state.failures++, pauses.length - 1)];
  state.retry = setTimeout(() => state.startInTurn?.(), pause);
}

async function startOrRefuse(state: State, isReload: boolean): Promise<void> {
  if (state.closed || state.current) return;
  try {
    await start(state, isReload);
  } catch (error) {
    const reason = `The app could not be loaded: ${messageOf(error)}`;
    state.options.log('error', 'app', reason);
    state.options.calls.refuse(reason);
    // After a change of its files only another change can help.
    if (!isReload) startLater(state);
  }
}

async function stop(state: State, reason: string, drain: number): Promise<void> {
  const { calls } = state.options;
  const process = state.current;
  clearTimeout(state.retry);
  if (!process) return;
  state.current = undefined;
  calls.detach();
  await Promise.race([calls.drained(process), elapsed(drain)]);
  process.send({ kind: 'end' });
  await Promise.race([process.ended, elapsed(hooksTime)]);
  process.kill(reason);
  await process.ended;
}

function elapsed(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time).unref());
}
