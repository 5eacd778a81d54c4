import { unlimited } from '../time/duration.ts';
import type { Json } from '../store/documents.ts';
import type { TaskSpec } from '../task-spec.ts';
import { environmentSettings, outputFiles, resourceFiles, userIdentity } from './parts.ts';
import {
  checkBody,
  duration,
  id,
  integer,
  object,
  refused,
  refusedUnlessEmpty,
  someText,
  text,
} from './rules.ts';

/** Checks one task that is to be added and fills in the defaults that are read back; `retries` is the job's default. */
export function checkNewTask(body: unknown, retries: number): { id: string; spec: TaskSpec } {
  const { id: taskId, ...given } = checkBody(body, newTask);
  const spec = {
    ...given,
    userIdentity: given.userIdentity ?? { autoUser: { scope: 'pool', elevationLevel: 'nonadmin' } },
    constraints: withDefaults(given.constraints as Json | undefined, retries),
    requiredSlots: given.requiredSlots ?? 1,
  };
  return { id: String(taskId), spec: spec as unknown as TaskSpec };
}

/** Checks the body of Task_Update, which replaces the constraints. */
export function checkTaskUpdate(body: unknown, retries: number): TaskSpec['constraints'] {
  const { constraints } = checkBody(body, { constraints: taskConstraints });
  return withDefaults(constraints as Json | undefined, retries);
}

function withDefaults(constraints: Json | undefined, retries: number): TaskSpec['constraints'] {
  return {
    maxWallClockTime: unlimited,
    retentionTime: 'P7D',
    maxTaskRetryCount: retries,
    ...constraints,
  };
}

const taskConstraints = object({
  maxWallClockTime: duration(),
  retentionTime: duration(),
  maxTaskRetryCount: integer(-1, 1_000_000),
});

const newTask = {
  'id!': id,
  displayName: text(1024),
  'commandLine!': someText,
  containerSettings: refused,
  exitConditions: refused,
  resourceFiles,
  outputFiles,
  environmentSettings,
  // A wish that the service may not grant either.
  affinityInfo: object({ 'affinityId!': text() }),
  constraints: taskConstraints,
  requiredSlots: integer(1, 256),
  userIdentity,
  multiInstanceSettings: refused,
  dependsOn: refused,
  applicationPackageReferences: refusedUnlessEmpty,
  authenticationTokenSettings: refused,
};
