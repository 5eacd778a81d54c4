import type { Account, EndCause, Job, Node, Run } from '../account.ts';
import { jobSettled } from '../job/settle.ts';
import { taskDirectories } from '../node/directories.ts';
import { taskEnvironment } from '../node/environment.ts';
import type { TaskOrder, TaskOutcome } from '../node/run-task.ts';
import { count } from '../store/counts.ts';
import type { TaskRow } from '../store/tasks.ts';
import { readTaskSpec, type TaskSpec } from '../task-spec.ts';
import { executeTask } from '../virtual/execute-task.ts';
import { resetQueue } from './queue.ts';

/** A waiting task and the node that has room for it. */
export interface Placement {
  job: Job;
  node: Node;
  row: TaskRow;
}

/** Begins a task on a node; what comes of it is recorded when it ends. */
export function startTask(account: Account, { job, node, row }: Placement): void {
  const spec = readTaskSpec(row.spec);
  const abort = new AbortController();
  const ended = Promise.withResolvers<void>();
  const run: Run = {
    seq: row.seq,
    taskId: row.id,
    job,
    node,
    slots: row.slots,
    cause: undefined,
    abort,
    done: ended.promise,
  };
  recordStart(account, run);
  const { faults } = account.controls;
  if (faults.happens('tasks/runTwice', faults.knobs.tasks.runTwice)) {
    account.clock.soon(() => believeLost(account, node));
  }
  executeTask(account, orderFor(account, run, spec), {
    attempt: row.retries,
    signal: abort.signal,
  })
    .then((outcome) => recordEnd(account, run, { outcome, spec, retries: row.retries }))
    .catch((error: unknown) => account.log(`Task ${row.id} of job ${job.doc.id}: ${String(error)}`))
    .finally(() => {
      ended.resolve();
      account.schedule();
    });
}

/**
 * Believes a node lost, wrongly: its tasks run on, what comes of them means nothing, and they are started again
 * elsewhere, which counts as nothing. The node is found again when they have ended.
 */
function believeLost(account: Account, node: Node): void {
  if (account.closing || node.removed || node.doc.state !== 'running') return;
  const now = account.clock.stamp();
  node.doc = { ...node.doc, state: 'unknown', stateAt: now };
  account.db.changed(node);
  for (const run of node.runs) {
    if (run.cause !== undefined) continue;
    run.cause = 'lost';
    account.runs.delete(run.seq);
    run.job.runs.delete(run);
    account.tasks.release(run.seq, 'recovery', now);
    backToActive(account, run);
  }
  account.schedule();
}

/** Makes a running task end: its processes are killed, and what follows depends on the cause. */
export function endRun(run: Run, cause: EndCause): void {
  // A task that is deleted or terminated while it is requeued must not run again.
  if (run.cause === undefined || run.cause === 'requeue' || run.cause === 'recovery') {
    run.cause = cause;
  }
  run.abort.abort();
}

function recordStart(account: Account, run: Run): void {
  const now = account.clock.stamp();
  const { job, node } = run;
  account.tasks.start(run.seq, { pool: node.pool.doc.id, node: node.doc.id }, now);
  count(job.counts, 'active', run.slots, -1);
  count(job.counts, 'running', run.slots);
  account.db.changed(job);
  account.runs.set(run.seq, run);
  job.runs.add(run);
  node.runs.add(run);
  node.usedSlots += run.slots;
  if (node.doc.state === 'idle') node.doc = { ...node.doc, state: 'running', stateAt: now };
  account.db.changed(node);
}

interface Ended {
  outcome: TaskOutcome;
  spec: TaskSpec;
  retries: number;
}

function recordEnd(account: Account, run: Run, ended: Ended): void {
  const now = account.clock.stamp();
  const { job, node } = run;
  // After a loss there may be another run of the same task.
  if (run.cause !== 'lost') account.runs.delete(run.seq);
  job.runs.delete(run);
  node.runs.delete(run);
  node.usedSlots -= run.slots;
  if (account.closing) return;
  node.recent.unshift({ jobId: job.doc.id, taskId: run.taskId });
  node.recent.length = Math.min(node.recent.length, 10);
  node.doc = { ...node.doc, totalTasksRun: node.doc.totalTasksRun + 1 };
  const found = node.doc.state === 'unknown' && run.cause === 'lost';
  if (node.runs.size === 0 && (node.doc.state === 'running' || found)) {
    node.doc = { ...node.doc, state: 'idle', stateAt: now };
  }
  account.db.changed(node);
  if (run.cause === undefined) recordOutcome(account, run, ended);
  if (run.cause === 'requeue' || run.cause === 'recovery') {
    account.tasks.release(run.seq, run.cause, now);
    backToActive(account, run);
  }
  jobSettled(account, job);
}

function recordOutcome(account: Account, run: Run, { outcome, spec, retries }: Ended): void {
  const now = account.clock.stamp();
  const limit = spec.constraints.maxTaskRetryCount;
  if (outcome.retriable && (limit === -1 || retries < limit)) {
    account.tasks.release(run.seq, 'retry', now);
    backToActive(account, run);
    return;
  }
  account.tasks.end(run.seq, outcome, now);
  const { job, node } = run;
  count(job.counts, 'running', run.slots, -1);
  count(job.counts, outcome.failure === undefined ? 'succeeded' : 'failed', run.slots);
  if (outcome.failure === undefined) {
    node.doc = { ...node.doc, totalTasksSucceeded: node.doc.totalTasksSucceeded + 1 };
  }
  account.db.changed(job);
}

function backToActive(account: Account, { job, slots }: Run): void {
  count(job.counts, 'running', slots, -1);
  count(job.counts, 'active', slots);
  resetQueue(job);
  account.db.changed(job);
}

function orderFor(account: Account, { job, node, taskId }: Run, spec: TaskSpec): TaskOrder {
  const directories = taskDirectories(node.root, job.doc.id, taskId);
  const { faults } = account.controls;
  return {
    commandLine: spec.commandLine,
    resourceFiles: spec.resourceFiles ?? [],
    outputFiles: spec.outputFiles ?? [],
    maxWallClockTime: spec.constraints.maxWallClockTime,
    killedWithoutUpload: faults.happens(
      'tasks/killedWithoutUpload',
      faults.knobs.tasks.killedWithoutUpload,
    ),
    directories,
    environment: taskEnvironment({
      accountName: account.name,
      accountUrl: account.url,
      poolId: node.pool.doc.id,
      nodeId: node.doc.id,
      dedicated: node.doc.dedicated,
      jobId: job.doc.id,
      taskId,
      directories,
      settings: [...job.doc.environment, ...(spec.environmentSettings ?? [])],
    }),
  };
}
