import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account, Job, JobNode, Node, Pool } from './account.ts';
import { armAutoScale } from './autoscale/drive.ts';
import { forgetPreparations } from './job/job-nodes.ts';
import { armJobLimit } from './job/lifecycle.ts';
import { runSchedule } from './job-schedule/run-schedule.ts';
import { jobSettled } from './job/settle.ts';
import { armNextRetention } from './node/retention.ts';
import { endLeftContainers } from './node/container-run.ts';
import { makeNodeDirectories } from './node/directories.ts';
import { killProcesses } from './node/process-tree.ts';
import { finishDeletePool } from './pool/delete-pool.ts';
import { armNodes, bootNode, setNodeState } from './pool/node-life.ts';
import { removeNodes } from './pool/remove-nodes.ts';
import { continueResize } from './pool/resize.ts';
import { count } from './store/counts.ts';
import type { NodeState } from './store/documents.ts';

/** Takes up where the process before this one stopped: kills what its tasks left running, puts those tasks back, brings nodes and resizes on. */
export async function recover(account: Account): Promise<void> {
  await killProcesses({ pid: undefined, directory: join(account.dataDir, 'nodes') });
  for (const pool of account.pools.values()) {
    for (const node of pool.nodes.values()) await endLeftContainers(node.root);
  }
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
    account.tasks.release(seq, 'restart', account.clock.stamp());
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
    if (!settled.has(node.doc.state)) await recoverNode(account, node);
  }
  const leaving = [...pool.nodes.values()].filter((node) => node.doc.state === 'leavingpool');
  await removeNodes(account, leaving, 'requeue');
  if (pool.doc.allocationState !== 'steady') continueResize(account, pool);
  armAutoScale(account, pool);
}

async function recoverNode(account: Account, node: Node): Promise<void> {
  const { state, startTaskInfo } = node.doc;
  const up = state === 'idle' || state === 'running';
  if (up && startTaskInfo?.state !== 'running') {
    await makeNodeDirectories(node.root);
    if (state === 'running') setNodeState(account, node, 'idle');
    return;
  }
  // Its machine was lost; the loss may not have come to its end.
  const emptied = state === 'preempted' || state === 'unknown';
  if (emptied) await rm(node.root, { recursive: true, force: true });
  forgetPreparations(account, node, emptied);
  setNodeState(account, node, 'creating');
  bootNode(account, node);
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
