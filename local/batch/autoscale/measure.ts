import { cpus, freemem, totalmem } from 'node:os';
import type { Account, Pool } from '../account.ts';
import { tasksIn } from '../store/counts.ts';

/** The values that a pool's variables have now. Disks and networks are shared with the whole machine, so they are not measured. */
export function measurePool(account: Account, pool: Pool): Record<string, number> {
  return { ...taskFigures(account, pool), ...nodeFigures(pool), ...machineFigures(pool) };
}

function taskFigures(account: Account, pool: Pool): Record<string, number> {
  const poolId = pool.doc.id.toLowerCase();
  const figures = { active: 0, running: 0, succeeded: 0, failed: 0 };
  for (const job of account.jobs.values()) {
    if (job.doc.poolId.toLowerCase() !== poolId) continue;
    figures.succeeded += tasksIn(job.counts, 'succeeded');
    figures.failed += tasksIn(job.counts, 'failed');
    figures.running += tasksIn(job.counts, 'running');
    // Tasks of a job that has ended stay active, but never run.
    if (job.doc.state !== 'active') continue;
    figures.active += tasksIn(job.counts, 'active');
    // What waits for other tasks could not use a node.
    if (job.doc.usesTaskDependencies) figures.active -= account.tasks.blocked(job.row);
  }
  return {
    $ActiveTasks: figures.active,
    $RunningTasks: figures.running,
    $PendingTasks: figures.active + figures.running,
    $SucceededTasks: figures.succeeded,
    $FailedTasks: figures.failed,
  };
}

function nodeFigures(pool: Pool): Record<string, number> {
  const nodes = [...pool.nodes.values()].map((node) => node.doc);
  const number = (test: (doc: (typeof nodes)[number]) => boolean): number =>
    nodes.filter(test).length;
  return {
    $CurrentDedicatedNodes: number((doc) => doc.dedicated),
    $CurrentLowPriorityNodes: number((doc) => !doc.dedicated && doc.state !== 'preempted'),
    $PreemptedNodeCount: number((doc) => doc.state === 'preempted'),
    $SampleNodeCount: number((doc) => doc.state === 'idle' || doc.state === 'running'),
  };
}

let before = processorTime();

function machineFigures(pool: Pool): Record<string, number> {
  if (pool.nodes.size === 0) return {};
  const now = processorTime();
  const total = now.total - before.total;
  const percent = total === 0 ? 0 : (100 * (now.busy - before.busy)) / total;
  before = now;
  return { $CPUPercent: percent, $MemoryBytes: totalmem() - freemem() };
}

function processorTime(): { busy: number; total: number } {
  let busy = 0;
  let total = 0;
  for (const { times } of cpus()) {
    const sum = times.user + times.nice + times.sys + times.irq;
    busy += sum;
    total += sum + times.idle;
  }
  return { busy, total };
}
