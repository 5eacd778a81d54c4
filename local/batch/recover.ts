import type { Account, Job, JobNode, Pool } from './account.ts';
import { armAutoScale } from './autoscale/drive.ts';
import { armJobLimit } from './job/lifecycle.ts';
import { runSchedule } from './job-schedule/run-schedule.ts';
import { jobSettled } from './job/settle.ts';
import { armNextRetention } from './node/retention.ts';
import { makeNodeDirectories } from './node/directories.ts';
import { killProcesses } from './node/process-tree.ts';
import { finishDeletePool } from './pool/delete-pool.ts';
import { armNodes, bootNode, setNodeState } from './pool/node-life.ts';
import { removeNodes } from './pool/remove-nodes.ts';
import { continueResize } from './pool/resize.ts';
import { count } from './store/counts.ts';
import type { NodeState } from './store/documents.ts';
import { join } from 'node:path';

/** Takes up where the process before this one stopped: kills what its tasks left running, puts those tasks back, brings nodes and resizes on. */
export async function recover(account: Account): Promise<void> {
  await killProcesses({ pid: undefined, directory: join(account.dataDir, 'nodes') });
  requeueTasks(account);
  for (const pool of account.pools.values()) await recoverPool(account, pool);
  for (const job of account.jobs.values()) recoverJob(account, job);
  armNodes(account);
  armNextRetention(account);
  for (const schedule of account.jobSchedules.values()) runSchedule(account, schedule);
  account.db.commit();
  account.schedule();
}

function requeueTasks(account: Account): void {
  const jobs = new Map([...account.jobs.values()].map((job) => [job.row, job]));
  for (const { seq, job: row, slots } of account.tasks.begun()) {
    const job = jobs.get(row);
    if (job === undefined) continue;
    // Recovery counts neither as a retry nor as a requeue.
    account.tasks.release(seq, 'recovery', account.clock.stamp());
    count(job.counts, 'running', slots, -1);
    count(job.counts, 'active', slots);
    account.db.changed(job);
  }
}

async function recoverPool(account: Account, pool: Pool): Promise<void> {
  if (pool.doc.state === 'deleting') {
    finishDeletePool(account, pool);
    return;
  }
  for (const node of pool.nodes.values()) {
    if (settled.has(node.doc.state)) continue;
    if (node.doc.state === 'idle' || node.doc.state === 'running') {
      await makeNodeDirectories(node.root);
      if (node.doc.state === 'running') setNodeState(account, node, 'idle');
    } else {
      setNodeState(account, node, 'creating');
      bootNode(account, node);
    }
  }
  const leaving = [...pool.nodes.values()].filter((node) => node.doc.state === 'leavingpool');
  await removeNodes(account, leaving, 'requeue');
  if (pool.doc.allocationState !== 'steady') continueResize(account, pool);
  armAutoScale(account, pool);
}

const settled: ReadonlySet<NodeState> = new Set(['leavingpool', 'unusable', 'starttaskfailed']);

function recoverJob(account: Account, job: Job): void {
  for (const jobNode of job.nodes.values()) recoverJobNode(account, jobNode);
  armJobLimit(account, job);
  if (job.doc.state !== 'active') jobSettled(account, job);
}

/** A preparation or release task that was under way is run again when it is needed. */
function recoverJobNode(account: Account, jobNode: JobNode): void {
  const { preparation, release, ...doc } = jobNode.doc;
  jobNode.doc = {
    ...doc,
    ...(preparation?.state === 'completed' && { preparation }),
    ...(release?.state === 'completed' && { release }),
  };
  account.db.changed(jobNode);
}
