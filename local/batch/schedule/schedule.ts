import type { Account, Job, Node, Pool } from '../account.ts';
import { placeTask } from './place.ts';
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
    if (pool !== undefined && hasRoom(account)) schedulePool(account, pool);
  });
}

function schedulePool(account: Account, pool: Pool): void {
  const jobs = jobsOf(account, pool);
  if (jobs.length === 0) return;
  const ready = nodesWithRoom(pool);
  if (ready.length === 0) return;
  for (const job of jobs) {
    while (hasRoom(account) && placeNext(account, job, ready));
  }
}

function placeNext(account: Account, job: Job, ready: readonly Node[]): boolean {
  if (job.doc.maxParallelTasks >= 0 && job.runs.size >= job.doc.maxParallelTasks) return false;
  for (const { seq, slots } of nextWaiting(account, job)) {
    const [node] = [
      placeTask(ready, ready[0]?.pool.doc ?? { taskSlotsPerNode: 0, fill: 'Spread' }, slots),
    ];
    if (node === undefined) continue;
    takeWaiting(job, slots);
    const row = account.tasks.bySeq(seq);
    // It may have been terminated or deleted since it was read ahead.
    if (row !== undefined && row.state === 0) startTask(account, { job, node, row });
    return true;
  }
  return false;
}

/** The nodes that take tasks now: of a thousand that are busy, few, so each task costs less to place. */
function nodesWithRoom(pool: Pool): Node[] {
  const found: Node[] = [];
  for (const node of pool.nodes.values()) {
    if (node.usedSlots >= pool.doc.taskSlotsPerNode) continue;
    if (node.doc.state === 'idle' || node.doc.state === 'running') found.push(node);
  }
  return found;
}

function hasRoom(account: Account): boolean {
  // Simulated tasks have no processes.
  return account.controls.simulation !== undefined || account.runs.size < account.maxTaskProcesses;
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
