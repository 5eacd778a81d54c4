import type { Account, Run } from '../account.ts';
import { poolPackages } from '../job/node-task.ts';
import { taskDirectories } from '../node/directories.ts';
import { taskEnvironment } from '../node/environment.ts';
import { installPackages } from '../node/packages.ts';
import type { TaskOrder } from '../node/run-task.ts';

/** What a node is told to do for a task. */
export function taskOrder(account: Account, { job, node, taskId, spec }: Run): TaskOrder {
  const directories = taskDirectories(node.root, job.doc.id, taskId);
  const { preparation } = job.doc;
  const { faults } = account.controls;
  const { killedWithoutUpload } = faults.knobs.tasks;
  const packages = [...poolPackages(node), ...(spec.applicationPackageReferences ?? [])];
  return {
    commandLine: spec.commandLine,
    resourceFiles: spec.resourceFiles ?? [],
    outputFiles: spec.outputFiles ?? [],
    maxWallClockTime: spec.constraints.maxWallClockTime,
    killedWithoutUpload: faults.happens('tasks/killedWithoutUpload', killedWithoutUpload),
    directories,
    container: spec.containerSettings,
    ...(packages.length > 0 && { packages: () => installPackages(account, node, packages) }),
    environment: taskEnvironment({
      accountName: account.name,
      accountUrl: account.url,
      poolId: node.pool.doc.id,
      nodeId: node.doc.id,
      dedicated: node.doc.dedicated,
      jobId: job.doc.id,
      taskId,
      directories,
      preparation:
        preparation === undefined
          ? undefined
          : taskDirectories(node.root, job.doc.id, preparation.id),
      settings: [...job.doc.environment, ...(spec.environmentSettings ?? [])],
    }),
  };
}
