import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FailureInfo } from '../store/documents.ts';
import { limitMilliseconds } from '../time/duration.ts';
import type { Clock } from '../time/clock.ts';
import { splitCommandLine } from './command-line.ts';
import { containerFailure, type ContainerSettings } from './container.ts';
import { openContainer } from './container-run.ts';
import { makeTaskDirectories, type TaskDirectories } from './directories.ts';
import { endedFailure, exitCodeFailure, TaskFailure } from './failures.ts';
import { uploadOutputFiles, type OutputFile } from './output-files.ts';
import type { Launcher } from './launcher.ts';
import { runProcess } from './process.ts';
import { fetchResourceFiles, type ResourceFile } from './resource-files.ts';

/** What a node is given to run. */
export interface TaskOrder {
  commandLine: string;
  resourceFiles: readonly ResourceFile[];
  outputFiles: readonly OutputFile[];
  maxWallClockTime: string | undefined;
  environment: Record<string, string>;
  /** A fault: once its time limit has ended it, nothing is uploaded. */
  killedWithoutUpload?: boolean;
  directories: TaskDirectories;
  /** What an earlier run left in the directories stays. */
  keepFiles?: boolean;
  /** Puts application packages on the node; returns the variables that say where. */
  packages?: () => Promise<Record<string, string>>;
  container?: ContainerSettings | undefined;
}

/** How a task ended; without exitCode when its program never ran to an end. */
export interface TaskOutcome {
  exitCode: number | undefined;
  failure: FailureInfo | undefined;
  /** What failed besides the program. */
  fault?: 'preProcessing' | 'fileUpload';
  /** Another try may help: the program itself ended, with a code other than 0. */
  retriable: boolean;
}

/** What runs tasks. */
export interface Machine {
  launcher: Launcher;
  clock: Clock;
}

/**
 * Runs a task on its node, from its directories to its output files. When `signal` aborts, all its processes are
 * killed and it settles soon, with an outcome that nobody needs.
 */
export async function runTask(
  { launcher, clock }: Machine,
  order: TaskOrder,
  signal: AbortSignal,
): Promise<TaskOutcome> {
  const limit = new AbortController();
  const milliseconds = limitMilliseconds(order.maxWallClockTime);
  const cancel =
    milliseconds === undefined ? undefined : clock.startLimit(milliseconds, () => limit.abort());
  const either = milliseconds === undefined ? signal : AbortSignal.any([signal, limit.signal]);
  const outcome = await prepareAndRun(launcher, order, either);
  cancel?.();
  if (signal.aborted) return outcome;
  if (limit.signal.aborted && order.killedWithoutUpload === true) return timedOut(order, outcome);
  const judged = limit.signal.aborted ? timedOut(order, outcome) : outcome;
  // Files are uploaded after a process has exited, however it did; a task that never had one has none.
  return judged.exitCode === undefined ? judged : withUploads(order, judged, signal);
}

async function prepareAndRun(
  launcher: Launcher,
  order: TaskOrder,
  signal: AbortSignal,
): Promise<TaskOutcome> {
  try {
    await makeTaskDirectories(order.directories, order.keepFiles ?? false);
    // Its output files may name the variables, too.
    Object.assign(order.environment, await order.packages?.());
    await fetchResourceFiles(order.resourceFiles, order.directories.working, signal);
    signal.throwIfAborted();
    return judge(await runProgram(launcher, order, signal));
  } catch (error) {
    return {
      exitCode: undefined,
      failure: failureOf(error),
      fault: 'preProcessing',
      retriable: false,
    };
  }
}

async function runProgram(
  launcher: Launcher,
  order: TaskOrder,
  signal: AbortSignal,
): Promise<number> {
  const { environment, directories, container: settings } = order;
  const { task: directory, working } = directories;
  const words = readWords(order.commandLine);
  if (settings === undefined) {
    return runProcess(launcher, { words, environment, directory, working }, signal);
  }
  const container = openContainer(settings, words, order);
  try {
    const started = { words: container.words, environment, directory, working };
    const exitCode = await runProcess(launcher, started, signal);
    const message = exitCode === 0 ? '' : await readFile(join(directory, 'stderr.txt'), 'utf8');
    const failure = containerFailure(settings, exitCode, message);
    if (failure !== undefined) throw failure;
    return exitCode;
  } finally {
    await container.close(signal.aborted);
  }
}

function readWords(commandLine: string): [string, ...string[]] {
  const words = splitCommandLine(commandLine);
  if (words !== undefined) return words;
  throw new TaskFailure('CommandLaunchFailed', 'The command line could not be split into words', {
    CommandLine: commandLine,
    Message: 'A quote is not closed, or there is no program.',
  });
}

function judge(exitCode: number): TaskOutcome {
  if (exitCode === 0) return { exitCode, failure: undefined, retriable: false };
  return { exitCode, failure: exitCodeFailure(exitCode), retriable: true };
}

/** The outcome of a task that was ended because it took too long. */
export function timedOut(
  order: Pick<TaskOrder, 'maxWallClockTime'>,
  { exitCode }: TaskOutcome,
): TaskOutcome {
  const reason = `The task exceeded its maxWallClockTime of ${order.maxWallClockTime} and was ended`;
  return { exitCode, failure: endedFailure(reason), retriable: false };
}

/** Uploads a task's output files; what fails becomes the task's failure. */
export async function withUploads(
  order: TaskOrder,
  outcome: TaskOutcome,
  signal: AbortSignal,
): Promise<TaskOutcome> {
  const { environment, directories, outputFiles } = order;
  try {
    const succeeded = outcome.failure === undefined;
    await uploadOutputFiles(outputFiles, { environment, directories, succeeded }, signal);
    return outcome;
  } catch (error) {
    // The program's own failure is the one to tell, and one whose program failed may be tried again.
    if (outcome.failure !== undefined) return outcome;
    return { ...outcome, failure: failureOf(error), fault: 'fileUpload' };
  }
}

/** What a task reports of an error. */
export function failureOf(error: unknown): FailureInfo {
  if (error instanceof TaskFailure) return error.info;
  const full = error instanceof Error && 'code' in error && error.code === 'ENOSPC';
  return {
    category: 'servererror',
    code: full ? 'DiskFull' : 'Unknown',
    message: full ? 'There is not enough disk space on the node' : 'The task could not be run',
    details: [
      {
        name: 'Message',
        value: error instanceof Error ? (error.stack ?? error.message) : String(error),
      },
    ],
  };
}
