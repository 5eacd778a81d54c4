import type { Account, Node } from '../account.ts';
import { actOnExit } from '../job/act-on-exit.ts';
import { endTask } from '../job/complete-task.ts';
import { endJobsOnNode } from '../job/job-nodes.ts';
import { killProcesses } from '../node/process-tree.ts';
import { endRun } from '../schedule/end-run.ts';
import type { Deallocation } from '../store/documents.ts';

/** What happens to a node's tasks when it stops: what its user chose, or nothing of theirs is charged (recovery). */
export type Clearing = Deallocation | 'recovery';

/**
 * Ends everything on a node that takes no more tasks; resolves when no process is left. With taskcompletion its tasks
 * run to their end first, and with retaineddata their files are kept for their time, too.
 */
export async function clearNode(account: Account, node: Node, option: Clearing): Promise<void> {
  const runs = [...node.runs];
  for (const run of runs) {
    // A run that was given up already only has to end.
    if (run.cause === 'lost') endRun(run, 'requeue');
    if (option === 'requeue' || option === 'recovery') endRun(run, option);
    if (option === 'terminate' && run.cause === undefined) {
      const action = endTask(account, run, 'The task was ended because its node was stopped');
      actOnExit(account, run.job, { seq: run.seq, action });
    }
  }
  await Promise.all(runs.map((run) => run.done));
  if (option === 'retaineddata') await retentionOver(account, node);
  if (account.closing) return;
  node.activity?.abort.abort();
  await Promise.all([node.activity?.done, endJobsOnNode(account, node)]);
  // What a task left behind in a session of its own ends with its node.
  if (!account.launcher.hasStarted()) return;
  await account.clock.hold(killProcesses({ pid: undefined, directory: node.root }));
}

/** Resolves when no task's files on a node are kept any more. */
async function retentionOver(account: Account, node: Node): Promise<void> {
  while (!account.closing && account.tasks.keepsFiles(node.pool.doc.id, node.doc.id)) {
    await new Promise<void>((resolve) => account.clock.startLimit(1000, resolve));
  }
}
