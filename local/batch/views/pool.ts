import type { Pool } from '../account.ts';
import type { FilterValue } from '../odata/filter.ts';
import type { AutoScale, AutoScaleRun } from '../store/documents.ts';
import { isoTime } from '../time/stamp.ts';
import { head } from './head.ts';
import { poolStats, type Expansion } from './stats.ts';

/** Members of a pool that $select may choose. */
export const poolMembers = [
  'id',
  'displayName',
  'url',
  'eTag',
  'lastModified',
  'creationTime',
  'state',
  'stateTransitionTime',
  'allocationState',
  'allocationStateTransitionTime',
  'vmSize',
  'cloudServiceConfiguration',
  'virtualMachineConfiguration',
  'resizeTimeout',
  'resizeErrors',
  'currentDedicatedNodes',
  'currentLowPriorityNodes',
  'targetDedicatedNodes',
  'targetLowPriorityNodes',
  'enableAutoScale',
  'autoScaleFormula',
  'autoScaleEvaluationInterval',
  'autoScaleRun',
  'enableInterNodeCommunication',
  'networkConfiguration',
  'startTask',
  'certificateReferences',
  'applicationPackageReferences',
  'applicationLicenses',
  'taskSlotsPerNode',
  'taskSchedulingPolicy',
  'userAccounts',
  'metadata',
  'stats',
  'mountConfiguration',
  'identity',
  'targetNodeCommunicationMode',
  'currentNodeCommunicationMode',
];

/** A pool as it is read back. */
export function poolView(pool: Pool, expand: Expansion): object {
  const { baseUrl } = expand;
  const { doc } = pool;
  const { displayName, vmSize, enableInterNodeCommunication, ...rest } = doc.spec;
  return {
    ...head(doc, `${baseUrl}/pools`),
    ...(displayName !== undefined && { displayName }),
    allocationState: doc.allocationState,
    allocationStateTransitionTime: isoTime(doc.allocationStateAt),
    vmSize: String(vmSize).toLowerCase(),
    resizeTimeout: doc.resizeTimeout,
    ...(doc.resizeErrors.length > 0 && { resizeErrors: doc.resizeErrors }),
    currentDedicatedNodes: nodesOf(pool, true),
    targetDedicatedNodes: doc.targetDedicatedNodes,
    currentLowPriorityNodes: nodesOf(pool, false),
    targetLowPriorityNodes: doc.targetLowPriorityNodes,
    enableAutoScale: doc.autoScale !== undefined,
    ...(doc.autoScale !== undefined && autoScaleView(doc.autoScale)),
    enableInterNodeCommunication: enableInterNodeCommunication ?? false,
    taskSlotsPerNode: doc.taskSlotsPerNode,
    taskSchedulingPolicy: { nodeFillType: doc.fill },
    ...rest,
    ...poolStats(pool, expand),
  };
}

/** An evaluation of an autoscale formula as it is read back. */
export function autoScaleRunView({ at, results, error }: AutoScaleRun): object {
  return { timestamp: isoTime(at), results, ...(error !== undefined && { error }) };
}

function autoScaleView({ formula, interval, run }: AutoScale): object {
  return {
    autoScaleFormula: formula,
    autoScaleEvaluationInterval: interval,
    ...(run !== undefined && { autoScaleRun: autoScaleRunView(run) }),
  };
}

/** What a filter reads of a pool. */
export function poolProperty({ doc }: Pool, name: string): FilterValue | undefined {
  const values: Record<string, FilterValue> = {
    id: doc.id,
    state: doc.state,
    allocationState: doc.allocationState,
    enableAutoScale: doc.autoScale !== undefined,
    vmSize: String(doc.spec.vmSize),
    creationTime: doc.created,
    lastModified: doc.modified,
    stateTransitionTime: doc.stateAt,
    allocationStateTransitionTime: doc.allocationStateAt,
  };
  return values[name];
}

function nodesOf(pool: Pool, dedicated: boolean): number {
  let number = 0;
  for (const node of pool.nodes.values()) if (node.doc.dedicated === dedicated) number++;
  return number;
}
