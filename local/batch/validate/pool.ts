import { BatchError, invalidProperty } from '../wire/errors.ts';
import type { Json } from '../store/documents.ts';
import { parseDuration } from '../time/duration.ts';
import { requireFormula } from './formula.ts';
import { metadata } from './parts.ts';
import { packageReferences, requireEngine, startTask, userAccounts } from './programs.ts';
import {
  checkBody,
  duration,
  flag,
  id,
  integer,
  list,
  object,
  oneOf,
  refused,
  refusedUnlessEmpty,
  someText,
  text,
  type Rule,
} from './rules.ts';

const nodes = integer(0, 1_000_000);
/** How long a resize may take. */
export const resizeTimeout = duration(5 * 60_000);
const formula: Rule<string> = (value, name) => {
  const given = text()(value, name);
  requireFormula(given);
  return given;
};
const interval: Rule<string> = (value, name) => {
  const given = duration(5 * 60_000)(value, name);
  if ((parseDuration(given) ?? 0) <= 168 * 3_600_000) return given;
  throw invalidProperty(name, value, 'It may be at most 168 hours.');
};
const anything: Rule = (value) => value;

/** Checks the body of Pool_Add. */
export function checkNewPool(body: unknown): Json {
  return withConfiguration(checkBody(body, newPool));
}

/** Checks what an automatic pool is made from. */
export const poolSpecification: Rule<Json> = (value, name) => {
  const { 'id!': _, ...shape } = newPool;
  return withConfiguration(object(shape)(value, name));
};

function withConfiguration(pool: Json): Json {
  requireOneScaling(pool);
  if (pool.virtualMachineConfiguration === undefined) {
    throw new BatchError('MissingRequiredProperty', {
      values: [{ key: 'PropertyName', value: 'virtualMachineConfiguration' }],
    });
  }
  return pool;
}

function requireOneScaling(pool: Json): void {
  const auto = pool.enableAutoScale === true;
  const wrong = auto
    ? ['targetDedicatedNodes', 'targetLowPriorityNodes', 'resizeTimeout']
    : ['autoScaleFormula', 'autoScaleEvaluationInterval'];
  const named = wrong.find((name) => pool[name] !== undefined);
  const reason = `It goes ${auto ? 'not ' : 'only '}with enableAutoScale.`;
  if (named !== undefined) throw invalidProperty(named, pool[named], reason);
  if (auto && pool.autoScaleFormula === undefined) {
    throw new BatchError('MissingRequiredProperty', {
      values: [{ key: 'PropertyName', value: 'autoScaleFormula' }],
    });
  }
}

/** Checks the body of Pool_EnableAutoScale. */
export function checkEnableAutoScale(body: unknown): Json {
  return checkBody(body, { autoScaleFormula: formula, autoScaleEvaluationInterval: interval });
}

/** Checks the body of Pool_EvaluateAutoScale. */
export function checkEvaluateAutoScale(body: unknown): string {
  return String(checkBody(body, { 'autoScaleFormula!': text() }).autoScaleFormula);
}

/** Checks the body of Pool_Resize. */
export function checkResize(body: unknown): Json {
  const change = checkBody(body, {
    targetDedicatedNodes: nodes,
    targetLowPriorityNodes: nodes,
    resizeTimeout,
    nodeDeallocationOption: deallocation,
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

/** What happens to tasks on nodes that leave a pool or stop. */
export const deallocation = oneOf('requeue', 'terminate', 'taskcompletion', 'retaineddata');

/** Checks the body of ComputeNode_Reboot or ComputeNode_Reimage, which may be absent; `name` is its option. */
export function checkReboot(body: unknown, name: string): string {
  return String(checkBody(body ?? {}, { [name]: deallocation })[name] ?? 'requeue');
}

/** Checks the body of Pool_Patch. */
export function checkPoolPatch(body: unknown): Json {
  return checkBody(body, changeable);
}

/** Checks the body of Pool_UpdateProperties, which replaces everything that may change; what is not given is undefined. */
export function checkPoolUpdate(body: unknown): Json {
  const { certificateReferences, applicationPackageReferences, metadata: pairs } = changeable;
  const update = checkBody(body, {
    ...changeable,
    'certificateReferences!': certificateReferences,
    'applicationPackageReferences!': applicationPackageReferences,
    'metadata!': pairs,
  });
  return {
    ...Object.fromEntries(Object.keys(changeable).map((name) => [name, undefined])),
    ...update,
  };
}

const changeable = {
  startTask,
  certificateReferences: refusedUnlessEmpty,
  applicationPackageReferences: packageReferences,
  metadata,
  targetNodeCommunicationMode: text(),
};

const containerConfiguration: Rule<Json> = (value, name) => {
  requireEngine(name);
  return object({
    'type!': oneOf('dockerCompatible', 'criCompatible'),
    containerImageNames: list(someText),
    containerRegistries: refusedUnlessEmpty,
  })(value, name);
};

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
    containerConfiguration,
    diskEncryptionConfiguration: refused,
    nodePlacementConfiguration: anything,
    extensions: refusedUnlessEmpty,
    osDisk: anything,
  }),
  resizeTimeout,
  targetDedicatedNodes: nodes,
  targetLowPriorityNodes: nodes,
  enableAutoScale: flag,
  autoScaleFormula: formula,
  autoScaleEvaluationInterval: interval,
  enableInterNodeCommunication: flag,
  networkConfiguration: refused,
  startTask,
  certificateReferences: refusedUnlessEmpty,
  applicationPackageReferences: packageReferences,
  applicationLicenses: refusedUnlessEmpty,
  taskSlotsPerNode: integer(1, 256),
  taskSchedulingPolicy: object({ 'nodeFillType!': oneOf('Spread', 'Pack') }),
  userAccounts,
  metadata,
  mountConfiguration: refusedUnlessEmpty,
  targetNodeCommunicationMode: text(),
};
