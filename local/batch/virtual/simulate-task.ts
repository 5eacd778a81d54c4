import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { makeTaskDirectories } from '../node/directories.ts';
import { exitCodeFailure } from '../node/failures.ts';
import { inParallel } from '../node/in-parallel.ts';
import {
  failureOf,
  timedOut,
  withUploads,
  type Machine,
  type TaskOrder,
  type TaskOutcome,
} from '../node/run-task.ts';
import { upload } from '../node/upload.ts';
import { limitMilliseconds } from '../time/duration.ts';
import { fillIn, type PlaceholderValues } from './placeholders.ts';
import type { LeftTemplate, TaskPlan } from './template.ts';

/** Exit code of a program that was killed, as a shell tells it. */
const killedExitCode = 137;
const inFlight = 8;

/**
 * Plays a task without a process: waits as long as planned on the machine's clock, then leaves and uploads its files,
 * which are really put. When `signal` aborts, it settles at once, with an outcome that nobody needs.
 */
export async function simulateTask(
  { clock }: Pick<Machine, 'clock'>,
  order: TaskOrder,
  { plan, attempt, signal }: { plan: TaskPlan; attempt: number; signal: AbortSignal },
): Promise<TaskOutcome> {
  const start = clock.now();
  const limit = limitMilliseconds(order.maxWallClockTime) ?? Infinity;
  const killed = plan.milliseconds > limit;
  await passes(clock, Math.min(plan.milliseconds, limit), signal);
  const ended = { exitCode: killed ? killedExitCode : plan.exitCode, start, end: clock.now() };
  const outcome = killed ? timedOut(order, judge(ended.exitCode)) : judge(ended.exitCode);
  if (signal.aborted || (killed && order.killedWithoutUpload === true)) return outcome;
  if (!leavesSomething(order, plan)) return outcome;
  return clock.hold(
    leave(order, { outcome, plan, signal, values: valuesOf(order, attempt, ended) }),
  );
}

function passes(clock: Machine['clock'], milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.startTimer(milliseconds, () => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
    const stop = (): void => {
      cancel();
      resolve();
    };
    signal.addEventListener('abort', stop, { once: true });
  });
}

function judge(exitCode: number): TaskOutcome {
  if (exitCode === 0) return { exitCode, failure: undefined, retriable: false };
  return { exitCode, failure: exitCodeFailure(exitCode), retriable: true };
}

function leavesSomething(order: TaskOrder, { template }: TaskPlan): boolean {
  return order.outputFiles.length > 0 || template.blobs.length > 0;
}

interface Leaving {
  outcome: TaskOutcome;
  plan: TaskPlan;
  signal: AbortSignal;
  values: Omit<PlaceholderValues, 'groups'>;
}

/** Files are made only for as long as it takes to upload them: a million tasks would fill the disk. */
async function leave(order: TaskOrder, leaving: Leaving): Promise<TaskOutcome> {
  const { outcome, signal } = leaving;
  try {
    await makeTaskDirectories(order.directories, false);
    await writeFiles(order, leaving);
    await putBlobs(order, leaving);
    return await withUploads(order, outcome, signal);
  } catch (error) {
    return { ...outcome, failure: outcome.failure ?? failureOf(error) };
  } finally {
    await rm(order.directories.task, { recursive: true, force: true });
  }
}

async function writeFiles(order: TaskOrder, leaving: Leaving): Promise<void> {
  const { task, working } = order.directories;
  await Promise.all(['stdout.txt', 'stderr.txt'].map((name) => writeFile(resolve(task, name), '')));
  for (const file of leaving.plan.template.files) {
    for (const values of repeats(file, leaving)) {
      const path = resolve(working, fillIn(file.path, values));
      if (relative(task, path).startsWith('..')) {
        throw new Error(`The simulated file ${path} lies outside the task's directory.`);
      }
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, contentOf(file, values));
    }
  }
}

async function putBlobs({ directories }: TaskOrder, leaving: Leaving): Promise<void> {
  const wanted = leaving.plan.template.blobs.flatMap((blob) =>
    [...repeats(blob, leaving)].map((values) => ({ blob, values })),
  );
  let number = 0;
  await inParallel(wanted, inFlight, async ({ blob, values }) => {
    const file = resolve(directories.task, `blob-${number++}`);
    await writeFile(file, contentOf(blob, values));
    const containerUrl = fillIn(blob.containerUrl, values);
    const name = fillIn(blob.name, values);
    await upload({ file, containerUrl, blob: name, headers: {} }, leaving.signal);
  });
}

/** The values for each time that something is left: none when the task did not end that way. */
function* repeats(
  template: LeftTemplate,
  { outcome, values }: Leaving,
): Generator<PlaceholderValues> {
  const ended = outcome.failure === undefined ? 'success' : 'failure';
  if (template.when !== 'always' && template.when !== ended) return;
  const { forEach } = template;
  if (forEach === undefined) {
    yield { ...values, groups: [] };
    return;
  }
  for (const [name, value] of Object.entries(values.environment)) {
    const groups = forEach.variable.test(name) ? forEach.value.exec(value) : null;
    if (groups !== null) yield { ...values, groups };
  }
}

function contentOf(template: LeftTemplate, values: PlaceholderValues): string | Buffer {
  return template.bytes === undefined
    ? fillIn(template.text, values)
    : Buffer.alloc(template.bytes);
}

function valuesOf(
  { environment }: TaskOrder,
  attempt: number,
  ended: { exitCode: number; start: number; end: number },
): Leaving['values'] {
  return {
    environment,
    named: {
      jobId: environment.AZ_BATCH_JOB_ID ?? '',
      taskId: environment.AZ_BATCH_TASK_ID ?? '',
      poolId: environment.AZ_BATCH_POOL_ID ?? '',
      nodeId: environment.AZ_BATCH_NODE_ID ?? '',
      try: attempt,
      exitCode: ended.exitCode,
      start: Math.floor(ended.start / 1000),
      end: Math.floor(ended.end / 1000),
    },
  };
}
