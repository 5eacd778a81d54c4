import type { Account, Job, JobNode, Node } from '../account.ts';
import type { ReleaseTask } from '../store/documents.ts';
import { changeJobNode } from './job-nodes.ts';
import { beginNodeTask } from './node-task.ts';

/**
 * Runs a job's release task on every node that was prepared for it and is still there, each once; true while some of
 * them run, and then `ended` is called for each that ends.
 */
export function releaseNodes(account: Account, job: Job, ended: () => void): boolean {
  const task = job.doc.release;
  if (task === undefined) return false;
  for (const jobNode of job.nodes.values()) {
    const node = nodeOf(account, jobNode);
    if (node === undefined || !isDue(jobNode)) continue;
    begin(account, { job, node, jobNode, task }, ended);
  }
  return [...job.nodes.values()].some(({ releasing }) => releasing !== undefined);
}

function nodeOf(account: Account, { doc }: JobNode): Node | undefined {
  const node = account.pools.get(doc.poolId.toLowerCase())?.nodes.get(doc.nodeId);
  return node !== undefined && usable.has(node.doc.state) ? node : undefined;
}

const usable: ReadonlySet<string> = new Set(['idle', 'running', 'offline']);

function isDue({ doc, releasing }: JobNode): boolean {
  return (
    doc.preparation !== undefined && doc.release?.state !== 'completed' && releasing === undefined
  );
}

function begin(
  account: Account,
  { job, node, jobNode, task }: { job: Job; node: Node; jobNode: JobNode; task: ReleaseTask },
  ended: () => void,
): void {
  const activity = beginNodeTask(
    account,
    { job, node },
    {
      id: task.id,
      program: task,
      maxWallClockTime: task.maxWallClockTime,
      retries: 0,
      preparationId: job.doc.preparation?.id,
      record: (release) => changeJobNode(account, jobNode, { release }),
    },
  );
  const done = activity.done.finally(() => {
    jobNode.releasing = undefined;
    if (!account.closing) ended();
  });
  jobNode.releasing = { abort: activity.abort, done };
}
