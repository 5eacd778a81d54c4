import { rm } from 'node:fs/promises';
import type { Account, Node } from '../account.ts';
import { endTask } from '../job/lifecycle.ts';
import { killProcesses } from '../node/process-tree.ts';
import { endRun } from '../schedule/start-task.ts';
import type { Deallocation } from '../store/documents.ts';
import { setNodeState } from './node-life.ts';

/** Takes nodes out of their pool; resolves when they are gone, with their tasks, processes and files. */
export async function removeNodes(
  account: Account,
  nodes: readonly Node[],
  option: Deallocation,
): Promise<void> {
  for (const node of nodes) setNodeState(account, node, 'leavingpool');
  await Promise.all(nodes.map((node) => removeNode(account, node, option)));
  account.schedule();
}

async function removeNode(account: Account, node: Node, option: Deallocation): Promise<void> {
  const runs = [...node.runs];
  for (const run of runs) {
    if (option === 'requeue' || run.cause === 'lost') endRun(run, 'requeue');
    if (option === 'terminate' && run.cause === undefined) {
      endTask(account, run.job, { run, reason: 'The node of the task was removed from its pool' });
    }
  }
  await Promise.all(runs.map((run) => run.done));
  if (account.closing) return;
  // What a task left behind in a session of its own ends with its node.
  if (account.launcher.hasStarted()) await killProcesses({ pid: undefined, directory: node.root });
  await rm(node.root, { recursive: true, force: true });
  if (!account.closing) account.live.remove(node);
}
