import { taskRootDirectory } from '../node/directories.ts';
import { taskResults, taskStates, type TaskRow } from '../store/tasks.ts';
import { etagOf, isoTime, type Stamp } from '../time/stamp.ts';

/** Members of a task that its owner gave, which stand in the stored JSON. */
const specMembers = [
  'displayName',
  'commandLine',
  'containerSettings',
  'exitConditions',
  'resourceFiles',
  'outputFiles',
  'environmentSettings',
  'affinityInfo',
  'constraints',
  'requiredSlots',
  'userIdentity',
  'multiInstanceSettings',
  'dependsOn',
  'applicationPackageReferences',
  'authenticationTokenSettings',
];
const ownMembers = [
  'id',
  'url',
  'eTag',
  'lastModified',
  'creationTime',
  'state',
  'stateTransitionTime',
  'previousState',
  'previousStateTransitionTime',
  'executionInfo',
  'nodeInfo',
  'stats',
];

/** Members of a task that $select may choose. */
export const taskMembers = [...ownMembers, ...specMembers];

/** Where a task's answer is rendered for. */
export interface TaskPlace {
  baseUrl: string;
  jobId: string;
  selected: ReadonlySet<string> | undefined;
}

/** Whether the selected members ask for what the owner gave, which is the larger part of a row. */
export function needsSpec(selected: ReadonlySet<string> | undefined): boolean {
  return selected === undefined || specMembers.some((name) => selected.has(name));
}

/** JSON text of a task's members, without the braces; the stored part is parsed only when some of it is selected. */
export function taskText(row: TaskRow, { baseUrl, jobId, selected }: TaskPlace): string {
  if (selected === undefined) {
    return `${JSON.stringify(ownPart(row, baseUrl, jobId)).slice(1, -1)},${row.spec}`;
  }
  const given = needsSpec(selected) ? (JSON.parse(`{${row.spec}}`) as object) : {};
  const all = Object.entries({ ...ownPart(row, baseUrl, jobId), ...given });
  return JSON.stringify(Object.fromEntries(all.filter(([name]) => selected.has(name)))).slice(
    1,
    -1,
  );
}

/** How far a task got. */
export function executionInfo(row: TaskRow): object {
  return {
    ...(row.startedAt !== null && { startTime: isoTime(row.startedAt) }),
    ...(row.endedAt !== null && { endTime: isoTime(row.endedAt) }),
    ...(row.exitCode !== null && { exitCode: row.exitCode }),
    ...(row.result !== null && { result: taskResults[row.result] }),
    ...(row.failure !== null && { failureInfo: JSON.parse(row.failure) as unknown }),
    retryCount: row.retries,
    ...(row.lastRetryAt !== null && { lastRetryTime: isoTime(row.lastRetryAt) }),
    requeueCount: row.requeues,
    ...(row.lastRequeueAt !== null && { lastRequeueTime: isoTime(row.lastRequeueAt) }),
  };
}

function ownPart(row: TaskRow, baseUrl: string, jobId: string): object {
  return {
    id: row.id,
    url: `${baseUrl}/jobs/${jobId}/tasks/${row.id}`,
    eTag: etagOf(row.modified),
    creationTime: isoTime(row.created),
    lastModified: isoTime(row.modified),
    state: taskStates[row.state],
    stateTransitionTime: isoTime(row.stateAt),
    ...previous(row.previousState, row.previousStateAt),
    executionInfo: executionInfo(row),
    ...(row.pool !== null &&
      row.node !== null && {
        nodeInfo: nodeInfo(row, { baseUrl, jobId, pool: row.pool, node: row.node }),
      }),
  };
}

function previous(state: number | null, at: Stamp | null): object {
  if (state === null || at === null) return {};
  return { previousState: taskStates[state], previousStateTransitionTime: isoTime(at) };
}

function nodeInfo(
  row: TaskRow,
  place: { baseUrl: string; jobId: string; pool: string; node: string },
): object {
  const nodeUrl = `${place.baseUrl}/pools/${place.pool}/nodes/${place.node}`;
  const directory = taskRootDirectory(place.jobId, row.id);
  return {
    affinityId: `TVM:${place.node}`,
    nodeUrl,
    poolId: place.pool,
    nodeId: place.node,
    taskRootDirectory: directory,
    taskRootDirectoryUrl: `${nodeUrl}/files/${directory}`,
  };
}
