import type { Account, Node } from '../account.ts';
import { startupDirectories } from '../node/directories.ts';
import { taskEnvironment } from '../node/environment.ts';
import { installPackages } from '../node/packages.ts';
import { runAttempts } from '../node/run-attempts.ts';
import type { TaskOrder } from '../node/run-task.ts';
import { poolPackages } from '../job/node-task.ts';
import type { NodeTaskInfo, StartTask } from '../store/documents.ts';

/** Runs a pool's start task on a node that has just started; undefined when it was made to end. */
export function runStartTask(
  account: Account,
  node: Node,
  { task, signal }: { task: StartTask; signal: AbortSignal },
): Promise<NodeTaskInfo | undefined> {
  return runAttempts(account, orderFor(account, node, task), {
    retries: task.maxTaskRetryCount,
    signal,
    record: (startTaskInfo) => {
      node.doc = { ...node.doc, startTaskInfo };
      account.db.changed(node);
    },
  });
}

function orderFor(account: Account, node: Node, task: StartTask): TaskOrder {
  const directories = startupDirectories(node.root);
  return {
    commandLine: task.commandLine,
    resourceFiles: task.resourceFiles ?? [],
    outputFiles: [],
    maxWallClockTime: undefined,
    directories,
    // It runs again at each boot, over what it left before.
    keepFiles: true,
    container: task.containerSettings,
    packages: () => installPackages(account, node, poolPackages(node)),
    environment: taskEnvironment({
      accountName: account.name,
      accountUrl: account.url,
      poolId: node.pool.doc.id,
      nodeId: node.doc.id,
      dedicated: node.doc.dedicated,
      directories,
      settings: task.environmentSettings ?? [],
    }),
  };
}
