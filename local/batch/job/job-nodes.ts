import type { Account, Job, JobNode, Node } from '../account.ts';

/** What a job did on a node, so far perhaps nothing. */
export function jobNodeOf(account: Account, job: Job, node: Node): JobNode {
  const found = job.nodes.get(node.doc.id);
  if (found !== undefined) return found;
  const { id: nodeId } = node.doc;
  return account.live.addJobNode(job, {
    poolId: node.pool.doc.id,
    nodeId,
    ready: false,
    refused: false,
  });
}

/** Changes what is known of a job on a node. */
export function changeJobNode(
  account: Account,
  jobNode: JobNode,
  change: Partial<JobNode['doc']>,
): void {
  jobNode.doc = { ...jobNode.doc, ...change };
  account.db.changed(jobNode);
}

/** Ends what all jobs do on a node besides their tasks; resolves when nothing of it is left. */
export async function endJobsOnNode(account: Account, node: Node): Promise<void> {
  const activities = [...account.jobs.values()].flatMap((job) => {
    const jobNode = job.nodes.get(node.doc.id);
    return [jobNode?.preparing, jobNode?.releasing].filter((activity) => activity !== undefined);
  });
  for (const { abort } of activities) abort.abort();
  await Promise.all(activities.map(({ done }) => done));
}

/** A node has started again: jobs prepare it anew where they ask for that, or in any case when its disk is empty. */
export function forgetPreparations(account: Account, node: Node, emptied: boolean): void {
  for (const job of account.jobs.values()) {
    const jobNode = job.nodes.get(node.doc.id);
    if (jobNode === undefined) continue;
    const again = job.doc.preparation?.rerunOnNodeRebootAfterSuccess ?? true;
    if (emptied) changeJobNode(account, jobNode, { ready: false, refused: false });
    else if (again) changeJobNode(account, jobNode, { ready: false });
  }
}
