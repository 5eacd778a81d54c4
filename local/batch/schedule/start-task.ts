import { once } from 'node:events';
import type { Account, Job, Node, Run } from '../account.ts';
import { actOnExit } from '../job/act-on-exit.ts';
import { completeTask } from '../job/complete-task.ts';
import { needsPreparation, prepareNode } from '../job/preparation.ts';
import { jobSettled } from '../job/settle.ts';
import type { TaskOutcome } from '../node/run-task.ts';
import { executeTask } from '../virtual/execute-task.ts';
import { count } from '../store/counts.ts';
import type { TaskRow } from '../store/tasks.ts';
import { readTaskSpec } from '../task-spec.ts';
import { backToActive } from './back-to-active.ts';
import { believeLost } from './believe-lost.ts';
import { taskOrder } from './task-order.ts';

/** A waiting task and the node that has room for it. */
export interface Placement {
  job: Job;
  node: Node;
  row: TaskRow;
  /** Slots of the node that it takes. */
  held: number;
}

/** Begins a task on a node; what comes of it is recorded when it ends. */
export function startTask(account: Account, { job, node, row, held }: Placement): void {
  const ended = Promise.withResolvers<void>();
  const run: Run = {
    seq: row.seq,
    taskId: row.id,
    job,
    node,
    slots: row.slots,
    held,
    spec: readTaskSpec(row.spec),
    preparing: needsPreparation(job, node),
    started: undefined,
    cause: undefined,
    abort: new AbortController(),
    done: ended.promise,
  };
  recordStart(account, run);
  execute(account, run, row.retries)
    .then((outcome) => recordEnd(account, run, outcome))
    .catch((error: unknown) => account.log(`Task ${row.id} of job ${job.doc.id}: ${String(error)}`))
    .finally(() => {
      ended.resolve();
      account.schedule();
    });
}

/** Runs a task, once its node is prepared for its job; undefined when it cannot be. */
async function execute(
  account: Account,
  run: Run,
  attempt: number,
): Promise<TaskOutcome | undefined> {
  const { job, node, abort } = run;
  if (run.preparing) {
    const ready = prepareNode(account, { job, node }, () => jobSettled(account, job));
    // A task that is made to end does not wait for the preparation, which others may need.
    const good = await Promise.race([ready, once(abort.signal, 'abort').then(() => false)]);
    if (!good || run.cause !== undefined) return undefined;
    run.preparing = false;
    recordRunning(account, run);
  }
  if (losesNode(account, run)) account.clock.soon(() => believeLost(account, node));
  return executeTask(account, taskOrder(account, run), { attempt, signal: abort.signal });
}

function losesNode({ lostOnce, controls: { faults } }: Account, { seq }: Run): boolean {
  return !lostOnce.has(seq) && faults.happens('tasks/runTwice', faults.knobs.tasks.runTwice);
}

function recordStart(account: Account, run: Run): void {
  const now = account.clock.stamp();
  const { job, node } = run;
  if (!run.preparing) recordRunning(account, run);
  else account.tasks.prepare(run.seq, { pool: node.pool.doc.id, node: node.doc.id }, now);
  count(job.counts, 'active', run.slots, -1);
  count(job.counts, 'running', run.slots);
  account.db.changed(job);
  account.runs.set(run.seq, run);
  job.runs.add(run);
  node.runs.add(run);
  node.usedSlots += run.held;
  if (node.doc.state === 'idle') node.doc = { ...node.doc, state: 'running', stateAt: now };
  account.db.changed(node);
}

function recordRunning(account: Account, run: Run): void {
  const { seq, node } = run;
  const place = { pool: node.pool.doc.id, node: node.doc.id };
  run.started = account.clock.stamp();
  account.tasks.start(seq, place, run.started);
}

function recordEnd(account: Account, run: Run, outcome: TaskOutcome | undefined): void {
  const { job } = run;
  leaveNode(account, run);
  if (account.closing) return;
  if (run.cause === undefined) recordOutcome(account, run, outcome);
  if (run.cause === 'requeue' || run.cause === 'recovery') backToActive(account, run, run.cause);
  jobSettled(account, job);
}

function leaveNode(account: Account, run: Run): void {
  const { job, node } = run;
  // After a loss there may be another run of the same task.
  if (run.cause !== 'lost') account.runs.delete(run.seq);
  job.runs.delete(run);
  node.runs.delete(run);
  node.usedSlots -= run.held;
  if (account.closing) return;
  addWallTime(account, run);
  node.recent.unshift({ jobId: job.doc.id, taskId: run.taskId });
  node.recent.length = Math.min(node.recent.length, 10);
  const { totalTasksRun } = node.doc;
  node.doc = { ...node.doc, totalTasksRun: totalTasksRun + (run.preparing ? 0 : 1) };
  const found = node.doc.state === 'unknown' && run.cause === 'lost';
  if (node.runs.size === 0 && (node.doc.state === 'running' || found)) {
    node.doc = { ...node.doc, state: 'idle', stateAt: account.clock.stamp() };
  }
  account.db.changed(node);
}

function addWallTime(account: Account, { job, started }: Run): void {
  if (started === undefined) return;
  job.doc.wallMicroseconds = (job.doc.wallMicroseconds ?? 0) + account.clock.stamp() - started;
  account.db.changed(job);
}

function recordOutcome(account: Account, run: Run, outcome: TaskOutcome | undefined): void {
  const { job, node, seq } = run;
  // Its node could not be prepared: it goes to another one, uncharged.
  if (outcome === undefined) return backToActive(account, run, 'recovery');
  if (outcome.retriable && mayRetry(account, run)) return backToActive(account, run, 'retry');
  const action = completeTask(account, job, { ...run, from: 'running' }, outcome);
  if (outcome.failure === undefined) {
    node.doc = { ...node.doc, totalTasksSucceeded: node.doc.totalTasksSucceeded + 1 };
  }
  actOnExit(account, job, { seq, action });
}

function mayRetry(account: Account, { seq }: Run): boolean {
  const row = account.tasks.bySeq(seq);
  if (row === undefined) return false;
  // As it is now: the constraints may have been changed meanwhile.
  const limit = readTaskSpec(row.spec).constraints.maxTaskRetryCount;
  return limit === -1 || row.retries < limit;
}
