import type { Json } from '../store/documents.ts';
import { invalidProperty } from '../wire/errors.ts';
import type { TaskSpec } from '../task-spec.ts';
import { environmentSettings, outputFiles, resourceFiles, userIdentity } from './parts.ts';
import {
  constraintsOf,
  containerSettings,
  defaultUser,
  packageReferences,
  taskConstraints,
} from './programs.ts';
import {
  checkBody,
  id,
  integer,
  list,
  object,
  oneOf,
  refused,
  someText,
  text,
  type Rule,
} from './rules.ts';

/** Checks one task that is to be added and fills in the defaults that are read back; `retries` is the job's default. */
export function checkNewTask(body: unknown, retries: number): { id: string; spec: TaskSpec } {
  const { id: taskId, ...given } = checkBody(body, newTask);
  const spec = {
    ...given,
    userIdentity: given.userIdentity ?? defaultUser,
    constraints: constraintsOf(given.constraints, retries),
    requiredSlots: given.requiredSlots ?? 1,
  };
  return { id: String(taskId), spec: spec as unknown as TaskSpec };
}

/** Checks the body of Task_Update, which replaces the constraints. */
export function checkTaskUpdate(body: unknown, retries: number): TaskSpec['constraints'] {
  const { constraints } = checkBody(body, { constraints: taskConstraints });
  return constraintsOf(constraints, retries) as unknown as TaskSpec['constraints'];
}

const exitOptions = object({
  jobAction: oneOf('none', 'disable', 'terminate'),
  dependencyAction: oneOf('satisfy', 'block'),
});
const anyInteger = integer(-(2 ** 31), 2 ** 31 - 1);

const exitConditions = object({
  exitCodes: list(object({ 'code!': anyInteger, 'exitOptions!': exitOptions })),
  exitCodeRanges: list(
    object({ 'start!': anyInteger, 'end!': anyInteger, 'exitOptions!': exitOptions }),
  ),
  preProcessingError: exitOptions,
  fileUploadError: exitOptions,
  default: exitOptions,
});

const dependencyRange: Rule<Json> = (value, name) => {
  const range = object({ 'start!': anyInteger, 'end!': anyInteger })(value, name);
  if (Number(range.start) <= Number(range.end)) return range;
  throw invalidProperty(name, value, 'Its start may not be above its end.');
};

const newTask = {
  'id!': id,
  displayName: text(1024),
  'commandLine!': someText,
  containerSettings,
  exitConditions,
  resourceFiles,
  outputFiles,
  environmentSettings,
  // A wish that the service may not grant either.
  affinityInfo: object({ 'affinityId!': text() }),
  constraints: taskConstraints,
  requiredSlots: integer(1, 256),
  userIdentity,
  multiInstanceSettings: refused,
  dependsOn: object({ taskIds: list(id), taskIdRanges: list(dependencyRange) }),
  applicationPackageReferences: packageReferences,
  authenticationTokenSettings: refused,
};
