import type { FailureInfo } from '../store/documents.ts';
import { limitMilliseconds } from '../time/duration.ts';
import { startTimer } from '../time/timer.ts';
import { splitCommandLine } from './command-line.ts';
import { makeTaskDirectories, type TaskDirectories } from './directories.ts';
import { endedFailure, exitCodeFailure, TaskFailure } from './failures.ts';
import { uploadOutputFiles, type OutputFile } from './output-files.ts';
import { runProcess, type ProcessEnd } from './process.ts';
import { fetchResourceFiles, type ResourceFile } from './resource-files.ts';

/** What a node is given to run. */
export interface TaskOrder {
  commandLine: string;
  resourceFiles: readonly ResourceFile[];
  outputFiles: readonly OutputFile[];
  maxWallClockTime: string | undefined;
  environment: Record<string, string>;
  directories: TaskDirectories;
}

/** How a task ended; without exitCode when its program never ran to an end. */
export interface TaskOutcome {
  exitCode: number | undefined;
  failure: FailureInfo | undefined;
  /** Another try may help: the program itself ended, with a code other than 0. */
  retriable: boolean;
}

/**
 * Runs a task on its node, from its directories to its output files. When `signal` aborts, all its processes are
 * killed and it settles soon, with an outcome that nobody needs.
 */
export async function runTask(order: TaskOrder, signal: AbortSignal): Promise<TaskOutcome> {
  const limit = new AbortController();
  const milliseconds = limitMilliseconds(order.maxWallClockTime);
  const cancel =
    milliseconds === undefined ? undefined : startTimer(milliseconds, () => limit.abort());
  const either = milliseconds === undefined ? signal : AbortSignal.any([signal, limit.signal]);
  let end: ProcessEnd;
  try {
    end = await prepareAndRun(order, either);
  } catch (error) {
    if (signal.aborted || !limit.signal.aborted) {
      return { exitCode: undefined, failure: failureOf(error), retriable: false };
    }
    // The limit ran out before the program was started.
    end = { failure: timeLimitFailure(order) };
  } finally {
    cancel?.();
  }
  const outcome = judge(order, end, limit.signal.aborted);
  return signal.aborted ? outcome : withUploads(order, outcome, signal);
}

async function prepareAndRun(order: TaskOrder, signal: AbortSignal): Promise<ProcessEnd> {
  await makeTaskDirectories(order.directories);
  await fetchResourceFiles(order.resourceFiles, order.directories.working, signal);
  signal.throwIfAborted();
  const words = splitCommandLine(order.commandLine);
  if (words === undefined) return { failure: unreadable(order.commandLine) };
  const { task, working } = order.directories;
  return runProcess({ words, environment: order.environment, directory: task, working }, signal);
}

function judge(order: TaskOrder, end: ProcessEnd, timedOut: boolean): TaskOutcome {
  if ('failure' in end) return { exitCode: undefined, failure: end.failure, retriable: false };
  const { exitCode } = end;
  if (timedOut) return { exitCode, failure: timeLimitFailure(order), retriable: false };
  if (exitCode === 0) return { exitCode, failure: undefined, retriable: false };
  return { exitCode, failure: exitCodeFailure(exitCode), retriable: true };
}

async function withUploads(
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
    // The program's own failure is the one to tell.
    return { ...outcome, failure: outcome.failure ?? failureOf(error) };
  }
}

function timeLimitFailure(order: TaskOrder): FailureInfo {
  return endedFailure(
    `The task exceeded its maxWallClockTime of ${order.maxWallClockTime} and was ended`,
  );
}

function unreadable(commandLine: string): FailureInfo {
  return new TaskFailure('CommandLaunchFailed', 'The command line could not be split into words', {
    CommandLine: commandLine,
    Message: 'A quote is not closed, or there is no program.',
  }).info;
}

function failureOf(error: unknown): FailureInfo {
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
