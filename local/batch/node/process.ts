import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { waitReal } from '../time/timer.ts';
import { TaskFailure } from './failures.ts';
import type { Launched, Launcher } from './launcher.ts';
import { killGroup, killProcesses } from './process-tree.ts';

/** A program to start. */
export interface ProcessOrder {
  words: [string, ...string[]];
  environment: Record<string, string>;
  /** The task's directory, which gets stdout.txt and stderr.txt. */
  directory: string;
  working: string;
}

/**
 * Runs a program until it ends and returns its exit code; throws TaskFailure when there is no such program. When
 * `signal` aborts, all its processes are killed before this settles.
 */
export async function runProcess(
  launcher: Launcher,
  order: ProcessOrder,
  signal: AbortSignal,
): Promise<number> {
  requireProgram(order);
  const launched = launcher.start(order);
  const state = { ended: false };
  let killed: Promise<void> | undefined;
  const kill = (): void => {
    killed = killUntilEnded(launched, order, state);
    // Awaited below; here only so that it is never unhandled.
    killed.catch(() => undefined);
  };
  signal.addEventListener('abort', kill, { once: true });
  try {
    return await launched.ended;
  } catch (error) {
    state.ended = true;
    // The shell is gone, its child may not be.
    await killTask(launched, order);
    throw new TaskFailure('Unknown', 'The task could not be watched', { Message: String(error) });
  } finally {
    state.ended = true;
    signal.removeEventListener('abort', kill);
    const pid = launched.pid();
    // What the program left running in its group goes with it.
    if (pid !== undefined) killGroup(pid);
    await killed;
    launched.release();
  }
}

async function killUntilEnded(
  launched: Launched,
  order: ProcessOrder,
  state: { readonly ended: boolean },
): Promise<void> {
  do {
    await killTask(launched, order);
    // The shell may not have started it yet.
    if (!state.ended) await waitReal(10);
  } while (!state.ended);
}

function killTask({ shell, pid }: Launched, { directory }: ProcessOrder): Promise<void> {
  return killProcesses({ pid: pid(), parent: shell, directory });
}

function requireProgram({ words: [program], environment, working }: ProcessOrder): void {
  const candidates = program.includes('/')
    ? [resolve(working, program)]
    : (environment.PATH ?? '/usr/bin:/bin')
        .split(':')
        .map((path) => resolve(working, path, program));
  const found = candidates.filter(isFile);
  if (found.length === 0) {
    throw new TaskFailure('CommandProgramNotFound', 'The specified command program is not found', {
      Program: program,
    });
  }
  if (found.some(isExecutable)) return;
  throw new TaskFailure(
    'CommandLaunchFailed',
    'The specified command program could not be launched',
    {
      Program: program,
      Message: `${found[0]} is not executable.`,
    },
  );
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
