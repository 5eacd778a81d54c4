import type { Account, Activity, Job, Node } from '../account.ts';
import { taskDirectories } from '../node/directories.ts';
import { taskEnvironment } from '../node/environment.ts';
import { endedFailure } from '../node/failures.ts';
import { installPackages } from '../node/packages.ts';
import { runAttempts } from '../node/run-attempts.ts';
import type { TaskOrder } from '../node/run-task.ts';
import type { NodeTaskInfo, PackageReference, Program } from '../store/documents.ts';

/** A preparation or release task as it is run on a node. */
export interface NodeTask {
  id: string;
  program: Program;
  maxWallClockTime: string;
  retries: number;
  /** Id of the job's preparation task, unless this is it. */
  preparationId?: string | undefined;
  record: (info: NodeTaskInfo) => void;
}

/** Begins a preparation or release task; `ended` resolves with how it ended, also when it was made to end. */
export function beginNodeTask(
  account: Account,
  { job, node }: { job: Job; node: Node },
  task: NodeTask,
): Activity & { ended: Promise<NodeTaskInfo> } {
  const abort = new AbortController();
  let last: NodeTaskInfo | undefined;
  const record = (info: NodeTaskInfo): void => {
    last = info;
    if (!account.closing) task.record(info);
  };
  const { signal } = abort;
  const run = runAttempts(account, orderFor(account, { job, node }, task), {
    retries: task.retries,
    signal,
    record,
  });
  const ended = run.then((info) => {
    if (info !== undefined) return info;
    const now = account.clock.stamp();
    const failure = endedFailure('The task was ended because its job or its node went away');
    const started = last ?? { started: now, retries: 0 };
    const result = {
      ...started,
      state: 'completed',
      ended: now,
      failure,
      result: 'failure',
    } as const;
    record(result);
    return result;
  });
  return { abort, ended, done: ended.then(() => undefined) };
}

function orderFor(
  account: Account,
  { job, node }: { job: Job; node: Node },
  { id, program, maxWallClockTime, preparationId }: NodeTask,
): TaskOrder {
  const directories = taskDirectories(node.root, job.doc.id, id);
  return {
    commandLine: program.commandLine,
    resourceFiles: program.resourceFiles ?? [],
    outputFiles: [],
    maxWallClockTime,
    directories,
    container: program.containerSettings,
    packages: () => installPackages(account, node, poolPackages(node)),
    environment: taskEnvironment({
      accountName: account.name,
      accountUrl: account.url,
      poolId: node.pool.doc.id,
      nodeId: node.doc.id,
      dedicated: node.doc.dedicated,
      jobId: job.doc.id,
      taskId: id,
      directories,
      preparation:
        preparationId === undefined
          ? undefined
          : taskDirectories(node.root, job.doc.id, preparationId),
      settings: [...job.doc.environment, ...(program.environmentSettings ?? [])],
    }),
  };
}

/** The application packages of a node's pool. */
export function poolPackages(node: Node): PackageReference[] {
  return (node.pool.doc.spec.applicationPackageReferences ?? []) as PackageReference[];
}
