import { BatchError, invalidProperty } from '../wire/errors.ts';
import type { Json } from '../store/documents.ts';
import { metadata } from './parts.ts';
import {
  checkBody,
  duration,
  flag,
  id,
  integer,
  object,
  oneOf,
  refused,
  refusedUnlessEmpty,
  refusedUnlessFalse,
  someText,
  text,
  type Rule,
} from './rules.ts';

const nodes = integer(0, 1_000_000);
const resizeTimeout = duration(5 * 60_000);
const anything: Rule = (value) => value;

/** Checks the body of Pool_Add. */
export function checkNewPool(body: unknown): Json {
  const pool = checkBody(body, newPool);
  if (pool.virtualMachineConfiguration === undefined) {
    throw new BatchError('MissingRequiredProperty', {
      values: [{ key: 'PropertyName', value: 'virtualMachineConfiguration' }],
    });
  }
  return pool;
}

/** Checks the body of Pool_Resize. */
export function checkResize(body: unknown): Json {
  const change = checkBody(body, {
    targetDedicatedNodes: nodes,
    targetLowPriorityNodes: nodes,
    resizeTimeout,
    nodeDeallocationOption: (value, name) => {
      const option = oneOf('requeue', 'terminate', 'taskcompletion', 'retaineddata')(value, name);
      return option === 'retaineddata' ? refused(option, `${name}=retaineddata`) : option;
    },
  });
  if (change.targetDedicatedNodes === undefined && change.targetLowPriorityNodes === undefined) {
    throw invalidProperty(
      'targetDedicatedNodes',
      undefined,
      'At least one of the targets is needed.',
    );
  }
  return change;
}

/** Checks the body of Pool_Patch. */
export function checkPoolPatch(body: unknown): Json {
  return checkBody(body, {
    startTask: refused,
    certificateReferences: refusedUnlessEmpty,
    applicationPackageReferences: refusedUnlessEmpty,
    metadata,
    targetNodeCommunicationMode: text(),
  });
}

// The size of machines means nothing here; what would change what a task sees is refused.
const newPool = {
  'id!': id,
  displayName: text(1024),
  'vmSize!': someText,
  cloudServiceConfiguration: refused,
  virtualMachineConfiguration: object({
    'imageReference!': object({
      publisher: text(),
      offer: text(),
      sku: text(),
      version: text(),
      virtualMachineImageId: text(),
    }),
    'nodeAgentSKUId!': someText,
    windowsConfiguration: refused,
    dataDisks: refusedUnlessEmpty,
    licenseType: text(),
    containerConfiguration: refused,
    diskEncryptionConfiguration: refused,
    nodePlacementConfiguration: anything,
    extensions: refusedUnlessEmpty,
    osDisk: anything,
  }),
  resizeTimeout,
  targetDedicatedNodes: nodes,
  targetLowPriorityNodes: nodes,
  enableAutoScale: refusedUnlessFalse,
  autoScaleFormula: refused,
  autoScaleEvaluationInterval: refused,
  enableInterNodeCommunication: flag,
  networkConfiguration: refused,
  startTask: refused,
  certificateReferences: refusedUnlessEmpty,
  applicationPackageReferences: refusedUnlessEmpty,
  applicationLicenses: refusedUnlessEmpty,
  taskSlotsPerNode: integer(1, 256),
  taskSchedulingPolicy: object({ 'nodeFillType!': oneOf('Spread', 'Pack') }),
  userAccounts: refusedUnlessEmpty,
  metadata,
  mountConfiguration: refusedUnlessEmpty,
  targetNodeCommunicationMode: text(),
};
