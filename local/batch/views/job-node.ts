import type { Job, JobNode } from '../account.ts';
import { taskRootDirectory } from '../node/directories.ts';
import type { FilterValue } from '../odata/filter.ts';
import type { NodeTaskInfo } from '../store/documents.ts';
import { nodeTaskInfo, nodeTaskProperty } from './node-task.ts';

/** Members of a job's state on a node that $select may choose. */
export const jobNodeMembers = [
  'poolId',
  'nodeId',
  'nodeUrl',
  'jobPreparationTaskExecutionInfo',
  'jobReleaseTaskExecutionInfo',
];

/** What a job's preparation and release tasks did on a node. */
export function jobNodeView({ job, doc }: JobNode, baseUrl: string): object {
  const nodeUrl = `${baseUrl}/pools/${doc.poolId}/nodes/${doc.nodeId}`;
  const { preparation, release } = doc;
  const infoOf = (info: NodeTaskInfo, taskId: string): object => {
    const taskRootDirectory = rootDirectory(job, taskId);
    const taskRootDirectoryUrl = `${nodeUrl}/files/${taskRootDirectory}`;
    return { ...nodeTaskInfo(info), taskRootDirectory, taskRootDirectoryUrl };
  };
  return {
    poolId: doc.poolId,
    nodeId: doc.nodeId,
    nodeUrl,
    ...(preparation !== undefined && {
      jobPreparationTaskExecutionInfo: infoOf(preparation, job.doc.preparation?.id ?? ''),
    }),
    ...(release !== undefined && {
      jobReleaseTaskExecutionInfo: withoutRetries(infoOf(release, job.doc.release?.id ?? '')),
    }),
  };
}

/** What a filter reads of a job's state on a node. */
export function jobNodeProperty({ doc }: JobNode, name: string): FilterValue | undefined {
  const [first = '', member] = name.split('/');
  if (first === 'poolId') return doc.poolId;
  if (first === 'nodeId') return doc.nodeId;
  const info = first === 'jobReleaseTaskExecutionInfo' ? doc.release : doc.preparation;
  return nodeTaskProperty(info, member);
}

function rootDirectory(job: Job, taskId: string): string {
  return taskRootDirectory(job.doc.id, taskId);
}

/** Release tasks are never tried again, so the service does not count. */
function withoutRetries(info: object): object {
  return Object.fromEntries(
    Object.entries(info).filter(([name]) => name !== 'retryCount' && name !== 'lastRetryTime'),
  );
}
