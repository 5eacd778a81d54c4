import type { Account, Job, Node, Pool } from '../account.ts';
import type { TaskRow } from '../store/tasks.ts';
import { param, type Call } from '../wire/call.ts';
import { requireCondition } from '../wire/conditions.ts';
import { BatchError } from '../wire/errors.ts';

/** The pool of a request's path, or PoolNotFound. */
export function findPool(account: Account, call: Call): Pool {
  const pool = account.pools.get(param(call, 'poolId').toLowerCase());
  if (pool === undefined) throw new BatchError('PoolNotFound');
  return pool;
}

/** The pool of a request that would change it, or PoolNotFound, ConditionNotMet or PoolBeingDeleted. */
export function changeablePool(account: Account, call: Call): Pool {
  const pool = findPool(account, call);
  requireCondition(call, pool.doc.modified);
  if (pool.doc.state === 'deleting') throw new BatchError('PoolBeingDeleted');
  return pool;
}

/** The node of a request's path, or NodeNotFound. */
export function findNode(account: Account, call: Call): Node {
  const node = findPool(account, call).nodes.get(param(call, 'nodeId').toLowerCase());
  if (node === undefined) throw new BatchError('NodeNotFound');
  return node;
}

/** The job of a request's path, or JobNotFound. */
export function findJob(account: Account, call: Call): Job {
  const job = account.jobs.get(param(call, 'jobId').toLowerCase());
  if (job === undefined) throw new BatchError('JobNotFound');
  return job;
}

/** The job and the task of a request's path, or JobNotFound or TaskNotFound. */
export function findTask(account: Account, call: Call): { job: Job; row: TaskRow } {
  const job = findJob(account, call);
  const row = account.tasks.get(job.row, param(call, 'taskId'));
  if (row === undefined || job.doc.state === 'deleting') throw new BatchError('TaskNotFound');
  return { job, row };
}
