import type { Account, Job, Node, Pool } from '../account.ts';
import { refusesNode } from '../job/preparation.ts';
import { planTasks, type Queue } from './plan.ts';
import { nextWaiting, takeWaiting } from './queue.ts';
import { startTask } from './start-task.ts';

/** Returns a function that places waiting tasks on free slots soon; many calls in a row cost one pass. */
export function createSchedule(account: Account): () => void {
  let asked = false;
  let turn = 0;
  return () => {
    if (asked) return;
    asked = true;
    account.clock.soon(() => {
      asked = false;
      if (!account.closing) schedulePass(account, turn++);
    });
  };
}

function schedulePass(account: Account, turn: number): void {
  const pools = [...account.pools.values()].filter(
    (pool) => pool.doc.state === 'active' && pool.nodes.size > 0,
  );
  // Pools take turns to be first: the limit on processes is shared.
  pools.forEach((_, index) => {
    const pool = pools[(index + turn) % pools.length];
    if (pool !== undefined && roomFor(account) > 0) schedulePool(account, pool);
  });
}

function schedulePool(account: Account, pool: Pool): void {
  const jobs = jobsOf(account, pool);
  if (jobs.length === 0) return;
  const ready = [...pool.nodes.values()].filter(hasRoom);
  if (ready.length === 0) return;
  const queues = jobs.map((job) => queueOf(account, job));
  for (const { queue, task, node, held } of planTasks(ready, queues, pool.doc, roomFor(account))) {
    const row = account.tasks.bySeq(task.seq);
    // It may have been terminated or deleted since it was read ahead; its place is free for another one then.
    if (row === undefined || row.state !== 0) account.schedule();
    else startTask(account, { job: queue.job, node, row, held });
  }
}

function queueOf(account: Account, job: Job): Queue<Node> & { job: Job } {
  const { maxParallelTasks, managerSeq, manager, preparation } = job.doc;
  const alone = manager?.runExclusive === true ? managerSeq : undefined;
  return {
    job,
    room: maxParallelTasks < 0 ? Infinity : maxParallelTasks - job.runs.size,
    heads: () => nextWaiting(account, job).map((one) => ({ ...one, exclusive: one.seq === alone })),
    take: ({ slots }) => takeWaiting(job, slots),
    refuses: (node) => preparation !== undefined && refusesNode(job, node),
  };
}

/** Whether a node takes tasks now: of a thousand that are busy, few do, so each task costs less to place. */
function hasRoom(node: Node): boolean {
  if (node.usedSlots >= node.pool.doc.taskSlotsPerNode) return false;
  const { state, schedulingDisabled } = node.doc;
  return (state === 'idle' || state === 'running') && schedulingDisabled !== true;
}

function roomFor(account: Account): number {
  // Simulated tasks have no processes.
  if (account.controls.simulation !== undefined) return Infinity;
  return account.maxTaskProcesses - account.runs.size;
}

function jobsOf(account: Account, pool: Pool): Job[] {
  const poolId = pool.doc.id.toLowerCase();
  return [...account.jobs.values()]
    .filter(
      (job) =>
        job.doc.state === 'active' && hasWaiting(job) && job.doc.poolId.toLowerCase() === poolId,
    )
    .toSorted((a, b) => b.doc.priority - a.doc.priority || a.row - b.row);
}

function hasWaiting(job: Job): boolean {
  for (const _ in job.counts.active) return true;
  return false;
}
