import type { Account, Job, JobNode, Node } from '../account.ts';
import type { PreparationTask } from '../store/documents.ts';
import { changeJobNode, jobNodeOf } from './job-nodes.ts';
import { beginNodeTask } from './node-task.ts';

/** Whether a task of a job must wait on a node until the job's preparation task has run there. */
export function needsPreparation(job: Job, node: Node): boolean {
  return job.doc.preparation !== undefined && job.nodes.get(node.doc.id)?.doc.ready !== true;
}

/** Whether a job's preparation task has failed on a node, so that no task of the job may run there. */
export function refusesNode(job: Job, node: Node): boolean {
  return job.nodes.get(node.doc.id)?.doc.refused === true;
}

/**
 * Runs a job's preparation task on a node, once for all tasks that wait for it; resolves whether they may run there.
 * `settled` is called when it is over.
 */
export function prepareNode(
  account: Account,
  { job, node }: { job: Job; node: Node },
  settled: () => void,
): Promise<boolean> {
  const task = job.doc.preparation;
  if (task === undefined) return Promise.resolve(true);
  const jobNode = jobNodeOf(account, job, node);
  if (jobNode.doc.ready) return Promise.resolve(true);
  jobNode.preparing ??= begin(account, { job, node, jobNode, task }, settled);
  return jobNode.preparing.ready;
}

/** Ends the preparation tasks of a job. */
export function endPreparations(job: Job): void {
  for (const { preparing } of job.nodes.values()) preparing?.abort.abort();
}

function begin(
  account: Account,
  { job, node, jobNode, task }: { job: Job; node: Node; jobNode: JobNode; task: PreparationTask },
  settled: () => void,
): NonNullable<JobNode['preparing']> {
  const { abort, ended } = beginNodeTask(
    account,
    { job, node },
    {
      id: task.id,
      program: task,
      maxWallClockTime: task.constraints.maxWallClockTime,
      retries: task.constraints.maxTaskRetryCount,
      record: (preparation) => changeJobNode(account, jobNode, { preparation }),
    },
  );
  const ready = ended.then(({ result }) => {
    jobNode.preparing = undefined;
    if (account.closing) return false;
    const good = !abort.signal.aborted && (result === 'success' || !task.waitForSuccess);
    changeJobNode(account, jobNode, { ready: good, refused: !good && !abort.signal.aborted });
    settled();
    return good;
  });
  return { abort, ready, done: ready.then(() => undefined) };
}
