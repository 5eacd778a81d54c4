import { join } from 'node:path';
import type { EnvironmentSetting } from '../store/documents.ts';
import type { TaskDirectories } from './directories.ts';

/** What a task's environment is made from. */
export interface EnvironmentSource {
  accountName: string;
  accountUrl: string;
  poolId: string;
  nodeId: string;
  dedicated: boolean;
  /** Absent for a start task. */
  jobId?: string;
  taskId?: string;
  directories: TaskDirectories;
  /** Of the job's preparation task, for the other tasks of a job that has one. */
  preparation?: TaskDirectories | undefined;
  /** Of the job, then of the task: later ones win. */
  settings: readonly EnvironmentSetting[];
}

/** The variables of a task's process on a Linux node; of the emulator's own only a few neutral ones. */
export function taskEnvironment(source: EnvironmentSource): Record<string, string> {
  const given = Object.fromEntries(source.settings.map(({ name, value }) => [name, value ?? '']));
  return { ...inherited, ...given, ...batchVariables(source) };
}

/** Name of the variable that marks every process of a task, wherever it goes. */
export const taskMarker = 'AZ_BATCH_TASK_DIR';

const neutral = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];

// Read once: each look at process.env asks the C library.
const inherited = Object.fromEntries(
  neutral.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }),
);

// learn.microsoft.com/azure/batch/batch-compute-node-environment-variables
function batchVariables(source: EnvironmentSource): Record<string, string> {
  const { root, task, working } = source.directories;
  return {
    AZ_BATCH_ACCOUNT_NAME: source.accountName,
    AZ_BATCH_ACCOUNT_URL: source.accountUrl,
    AZ_BATCH_POOL_ID: source.poolId,
    AZ_BATCH_NODE_ID: source.nodeId,
    AZ_BATCH_NODE_IS_DEDICATED: String(source.dedicated),
    ...(source.jobId !== undefined && { AZ_BATCH_JOB_ID: source.jobId }),
    ...(source.taskId !== undefined && { AZ_BATCH_TASK_ID: source.taskId }),
    AZ_BATCH_NODE_ROOT_DIR: root,
    AZ_BATCH_NODE_SHARED_DIR: join(root, 'shared'),
    AZ_BATCH_NODE_STARTUP_DIR: join(root, 'startup'),
    AZ_BATCH_NODE_MOUNTS_DIR: join(root, 'fsmounts'),
    [taskMarker]: task,
    AZ_BATCH_TASK_WORKING_DIR: working,
    ...(source.preparation !== undefined && {
      AZ_BATCH_JOB_PREP_DIR: source.preparation.task,
      AZ_BATCH_JOB_PREP_WORKING_DIR: source.preparation.working,
    }),
  };
}
