import type { Account, Node, Pool } from '../account.ts';
import type { FilterValue } from '../odata/filter.ts';
import type { NodeState } from '../store/documents.ts';
import { taskStates } from '../store/tasks.ts';
import { isoTime } from '../time/stamp.ts';
import { nodeTaskInfo, nodeTaskProperty } from './node-task.ts';
import { executionInfo } from './task.ts';

/** Members of a node that $select may choose. */
export const nodeMembers = [
  'id',
  'url',
  'state',
  'schedulingState',
  'stateTransitionTime',
  'lastBootTime',
  'allocationTime',
  'ipAddress',
  'affinityId',
  'vmSize',
  'totalTasksRun',
  'runningTasksCount',
  'runningTaskSlotsCount',
  'totalTasksSucceeded',
  'recentTasks',
  'startTask',
  'startTaskInfo',
  'certificateReferences',
  'errors',
  'isDedicated',
  'endpointConfiguration',
  'nodeAgentInfo',
  'virtualMachineInfo',
];

/** A node as it is read back. */
export function nodeView(account: Account, node: Node, baseUrl: string): object {
  const { doc, pool } = node;
  return {
    id: doc.id,
    url: `${baseUrl}/pools/${pool.doc.id}/nodes/${doc.id}`,
    state: shownState(node),
    schedulingState: doc.schedulingDisabled === true ? 'disabled' : 'enabled',
    stateTransitionTime: isoTime(doc.stateAt),
    ...(doc.booted !== undefined && { lastBootTime: isoTime(doc.booted) }),
    allocationTime: isoTime(doc.allocated),
    ipAddress: doc.ipAddress,
    affinityId: `TVM:${doc.id}`,
    vmSize: String(pool.doc.spec.vmSize).toLowerCase(),
    totalTasksRun: doc.totalTasksRun,
    totalTasksSucceeded: doc.totalTasksSucceeded,
    runningTasksCount: node.runs.size,
    runningTaskSlotsCount: node.usedSlots,
    ...(node.recent.length > 0 && { recentTasks: recentTasks(account, node, baseUrl) }),
    ...(doc.startTask !== undefined && { startTask: doc.startTask }),
    ...(doc.startTaskInfo !== undefined && { startTaskInfo: nodeTaskInfo(doc.startTaskInfo) }),
    certificateReferences: [],
    ...(doc.errors !== undefined && { errors: doc.errors }),
    isDedicated: doc.dedicated,
    ...(doc.booted !== undefined && {
      nodeAgentInfo: { version: 'emulator', lastUpdateTime: isoTime(doc.booted) },
    }),
    virtualMachineInfo: virtualMachineInfo(pool),
  };
}

/** What a filter reads of a node. */
export function nodeProperty(node: Node, name: string): FilterValue | undefined {
  const { doc } = node;
  const [first, member] = name.split('/');
  if (first === 'startTaskInfo') return nodeTaskProperty(doc.startTaskInfo, member);
  const values: Record<string, FilterValue | undefined> = {
    state: shownState(node),
    stateTransitionTime: doc.stateAt,
    lastBootTime: doc.booted,
    allocationTime: doc.allocated,
  };
  return values[name];
}

/** How many nodes of a kind a pool has in each state. */
export function nodeCounts(pool: Pool, dedicated: boolean): object {
  const counts = { ...noNodes };
  for (const node of pool.nodes.values()) {
    if (node.doc.dedicated !== dedicated) continue;
    counts[countNames[shownState(node)]]++;
    counts.total++;
  }
  return counts;
}

function shownState({ doc }: Node): NodeState {
  return doc.state === 'idle' && doc.schedulingDisabled === true ? 'offline' : doc.state;
}

const countNames = {
  creating: 'creating',
  starting: 'starting',
  waitingforstarttask: 'waitingForStartTask',
  starttaskfailed: 'startTaskFailed',
  idle: 'idle',
  running: 'running',
  rebooting: 'rebooting',
  reimaging: 'reimaging',
  unusable: 'unusable',
  unknown: 'unknown',
  offline: 'offline',
  preempted: 'preempted',
  leavingpool: 'leavingPool',
} as const;

const noNodes = {
  creating: 0,
  idle: 0,
  leavingPool: 0,
  offline: 0,
  preempted: 0,
  rebooting: 0,
  reimaging: 0,
  running: 0,
  starting: 0,
  startTaskFailed: 0,
  unusable: 0,
  unknown: 0,
  waitingForStartTask: 0,
  total: 0,
};

function recentTasks(account: Account, node: Node, baseUrl: string): object[] {
  return node.recent.map(({ jobId, taskId }) => {
    const job = account.jobs.get(jobId.toLowerCase());
    const row = job === undefined ? undefined : account.tasks.get(job.row, taskId);
    return {
      taskUrl: `${baseUrl}/jobs/${jobId}/tasks/${taskId}`,
      jobId,
      taskId,
      taskState: row === undefined ? 'completed' : taskStates[row.state],
      ...(row !== undefined && { executionInfo: executionInfo(row) }),
    };
  });
}

function virtualMachineInfo(pool: Pool): object {
  const configuration = pool.doc.spec.virtualMachineConfiguration as
    | { imageReference?: object }
    | undefined;
  const image = Object.entries(configuration?.imageReference ?? {});
  return {
    imageReference: Object.fromEntries(
      image.map(([name, value]) => [
        name,
        name === 'virtualMachineImageId' ? value : String(value).toLowerCase(),
      ]),
    ),
  };
}
