import type { Json } from '../store/documents.ts';
import { invalidBody } from './errors.ts';

/** What the resource provider's body of a pool asks for, as Pool_Add takes it; what is unknown keeps its name and is refused by it. */
export function toPoolAdd(id: string, properties: Json): Json {
  const {
    deploymentConfiguration,
    scaleSettings,
    interNodeCommunication,
    applicationPackages,
    certificates,
    ...others
  } = properties;
  return {
    id,
    ...others,
    ...deployment(deploymentConfiguration),
    ...scale(scaleSettings),
    ...(interNodeCommunication !== undefined && {
      enableInterNodeCommunication: isEnabled(interNodeCommunication),
    }),
    ...references(applicationPackages),
    ...(certificates !== undefined && { certificateReferences: certificates }),
  };
}

/** The part of it that Pool_Patch takes. */
export function toPoolPatch(properties: Json): Json {
  const { applicationPackages, certificates } = properties;
  return {
    ...pick(properties, ['startTask', 'metadata', 'targetNodeCommunicationMode']),
    ...references(applicationPackages),
    ...(certificates !== undefined && { certificateReferences: certificates }),
  };
}

/** A pool as the resource provider shows it, from how the data plane does. */
export function fromPoolView(view: Json): Json {
  const moved = pick(view, [
    'displayName',
    'lastModified',
    'creationTime',
    'allocationStateTransitionTime',
    'currentDedicatedNodes',
    'currentLowPriorityNodes',
    'taskSlotsPerNode',
    'taskSchedulingPolicy',
    'networkConfiguration',
    'userAccounts',
    'metadata',
    'mountConfiguration',
    'targetNodeCommunicationMode',
    'currentNodeCommunicationMode',
    'vmSize',
  ]);
  return {
    ...moved,
    provisioningState: view.state === 'deleting' ? 'Deleting' : 'Succeeded',
    provisioningStateTransitionTime: view.stateTransitionTime,
    allocationState: capital(view.allocationState),
    deploymentConfiguration: shownDeployment(view.virtualMachineConfiguration),
    scaleSettings: shownScale(view),
    ...shownRun(view.autoScaleRun),
    interNodeCommunication: view.enableInterNodeCommunication === true ? 'Enabled' : 'Disabled',
    ...(view.startTask !== undefined && { startTask: shownStartTask(view.startTask) }),
    ...shownReferences(view.applicationPackageReferences),
    ...shownResize(view),
  };
}

/** Keeps some members of an object, as far as they are there. */
export function pick(value: Json, names: readonly string[]): Json {
  const there = names.filter((name) => value[name] !== undefined && value[name] !== null);
  return Object.fromEntries(there.map((name) => [name, value[name]]));
}

/** A part of a body that must be an object when it is there. */
export function asObject(value: unknown, name: string): Json {
  if (value === undefined || value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Json;
  throw invalidBody(`${name} must be an object.`);
}

function deployment(value: unknown): Json {
  const { virtualMachineConfiguration, ...others } = asObject(value, 'deploymentConfiguration');
  if (virtualMachineConfiguration === undefined) return others;
  const given = asObject(virtualMachineConfiguration, 'virtualMachineConfiguration');
  const { nodeAgentSkuId, imageReference, ...machine } = given;
  const { id, ...image } = asObject(imageReference, 'imageReference');
  return {
    ...others,
    virtualMachineConfiguration: {
      ...machine,
      nodeAgentSKUId: nodeAgentSkuId,
      imageReference: { ...image, ...(id !== undefined && { virtualMachineImageId: id }) },
    },
  };
}

function scale(value: unknown): Json {
  const { fixedScale, autoScale } = asObject(value, 'scaleSettings');
  if (fixedScale !== undefined && autoScale !== undefined) {
    throw invalidBody('scaleSettings must have either fixedScale or autoScale, not both.');
  }
  if (autoScale !== undefined) {
    const { formula, evaluationInterval } = asObject(autoScale, 'autoScale');
    return {
      enableAutoScale: true,
      autoScaleFormula: formula,
      ...(evaluationInterval !== undefined && { autoScaleEvaluationInterval: evaluationInterval }),
    };
  }
  // How tasks end on nodes that leave means nothing for a new pool.
  const { nodeDeallocationOption: _, ...fixed } = asObject(fixedScale, 'fixedScale');
  return fixed;
}

function references(value: unknown): Json {
  if (value === undefined) return {};
  if (!Array.isArray(value)) throw invalidBody('applicationPackages must be a list.');
  const list = value.map((reference: unknown) => {
    const { id, ...version } = asObject(reference, 'applicationPackages');
    if (typeof id !== 'string') throw invalidBody('applicationPackages must each have an id.');
    return { applicationId: id.split('/').at(-1), ...version };
  });
  return { applicationPackageReferences: list };
}

function isEnabled(value: unknown): boolean {
  if (typeof value === 'string' && /^(enabled|disabled)$/i.test(value)) {
    return value.toLowerCase() === 'enabled';
  }
  const given = JSON.stringify(value);
  throw invalidBody(`interNodeCommunication must be Enabled or Disabled, not ${given}.`);
}

function shownDeployment(value: unknown): Json {
  const { nodeAgentSKUId, imageReference, ...machine } = asObject(value, '');
  const { virtualMachineImageId, ...image } = asObject(imageReference, '');
  return {
    virtualMachineConfiguration: {
      imageReference: {
        ...image,
        ...(virtualMachineImageId !== undefined && { id: virtualMachineImageId }),
      },
      nodeAgentSkuId: nodeAgentSKUId,
      ...machine,
    },
  };
}

function shownScale(view: Json): Json {
  if (view.enableAutoScale === true) {
    const { autoScaleFormula, autoScaleEvaluationInterval } = view;
    return {
      autoScale: { formula: autoScaleFormula, evaluationInterval: autoScaleEvaluationInterval },
    };
  }
  const names = ['targetDedicatedNodes', 'targetLowPriorityNodes', 'resizeTimeout'];
  return { fixedScale: pick(view, names) };
}

function shownRun(value: unknown): Json {
  if (value === undefined) return {};
  const { timestamp, ...others } = asObject(value, '');
  return { autoScaleRun: { evaluationTime: timestamp, ...others } };
}

function shownStartTask(value: unknown): Json {
  const { userIdentity, ...task } = asObject(value, '');
  if (userIdentity === undefined) return task;
  const { autoUser, ...others } = asObject(userIdentity, '');
  const { scope, elevationLevel } = asObject(autoUser, '');
  const shown = { scope: capital(scope), elevationLevel: levels[String(elevationLevel)] };
  return {
    ...task,
    userIdentity: { ...others, ...(autoUser !== undefined && { autoUser: shown }) },
  };
}

const levels: Record<string, string> = { nonadmin: 'NonAdmin', admin: 'Admin' };

function shownReferences(value: unknown): Json {
  if (!Array.isArray(value)) return {};
  const list = value.map((reference: unknown) => {
    const { applicationId, ...version } = asObject(reference, '');
    return { id: applicationId, ...version };
  });
  return { applicationPackages: list };
}

function shownResize(view: Json): Json {
  const { allocationState, resizeErrors } = view;
  if (allocationState === 'steady' && resizeErrors === undefined) return {};
  return {
    resizeOperationStatus: {
      ...pick(view, ['targetDedicatedNodes', 'targetLowPriorityNodes', 'resizeTimeout']),
      startTime: view.allocationStateTransitionTime,
      ...(Array.isArray(resizeErrors) && {
        errors: resizeErrors.map(({ code, message }: Json) => ({ code, message })),
      }),
    },
  };
}

function capital(value: unknown): string {
  const text = String(value);
  return text.charAt(0).toUpperCase() + text.slice(1);
}
