import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { FailureInfo } from '../store/documents.ts';
import { killGroup, killProcesses } from './process-tree.ts';

/** A program to start. */
export interface ProcessOrder {
  words: [string, ...string[]];
  environment: Record<string, string>;
  /** The task's directory, which gets stdout.txt and stderr.txt. */
  directory: string;
  working: string;
}

/** How a program ended, or why it did not start. */
export type ProcessEnd = { exitCode: number } | { failure: FailureInfo };

/** Runs a program in a session of its own until it ends; when `signal` aborts, all its processes are killed first. */
export async function runProcess(order: ProcessOrder, signal: AbortSignal): Promise<ProcessEnd> {
  const out = openSync(join(order.directory, 'stdout.txt'), 'w');
  const err = openSync(join(order.directory, 'stderr.txt'), 'w');
  try {
    return await start(order, [out, err], signal);
  } finally {
    closeSync(out);
    closeSync(err);
  }
}

function start(
  order: ProcessOrder,
  [out, err]: [number, number],
  signal: AbortSignal,
): Promise<ProcessEnd> {
  const [program, ...args] = order.words;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: order.working,
      env: order.environment,
      stdio: ['ignore', out, err],
      detached: true,
    });
    let killed: Promise<void> | undefined;
    const kill = (): void => {
      killed ??= killProcesses({ pid: child.pid, directory: order.directory });
      killed.catch(reject);
    };
    if (signal.aborted) kill();
    else signal.addEventListener('abort', kill, { once: true });
    child.once('error', (error) => resolve({ failure: startFailure(program, error) }));
    child.once('exit', (code, name) => {
      signal.removeEventListener('abort', kill);
      // What the program left running in its group goes with it.
      if (child.pid !== undefined) killGroup(child.pid);
      const end = { exitCode: code ?? 128 + (name === null ? 0 : constants.signals[name]) };
      Promise.resolve(killed).then(() => resolve(end), reject);
    });
  });
}

function startFailure(program: string, error: Error): FailureInfo {
  const missing = 'code' in error && error.code === 'ENOENT';
  return {
    category: 'usererror',
    code: missing ? 'CommandProgramNotFound' : 'CommandLaunchFailed',
    message: missing
      ? 'The specified command program is not found'
      : 'The specified command program could not be launched',
    details: [
      { name: 'Program', value: program },
      { name: 'Message', value: error.message },
    ],
  };
}
