import { findEngine } from '../node/container.ts';
import { limitMilliseconds, unlimited } from '../time/duration.ts';
import type { Json } from '../store/documents.ts';
import { invalidProperty, notEmulated } from '../wire/errors.ts';
import { environmentSettings, outputFiles, resourceFiles, userIdentity } from './parts.ts';
import {
  duration,
  flag,
  id,
  integer,
  list,
  object,
  oneOf,
  only,
  refused,
  someText,
  text,
  type Rule,
} from './rules.ts';

/** The user that tasks run as when none is named, as it is read back. */
export const defaultUser = { autoUser: { scope: 'pool', elevationLevel: 'nonadmin' } };

const containerShape = object({
  'imageName!': someText,
  containerRunOptions: text(),
  registry: refused,
  workingDirectory: oneOf('taskWorkingDirectory', 'containerImageDefault'),
});

/** The container of a task; refused where there is no engine to run it. */
export const containerSettings: Rule<Json> = (value, name) => {
  requireEngine(name);
  return containerShape(value, name);
};

/** Throws NotEmulated when this machine has no container engine that works. */
export function requireEngine(name: string): void {
  if (findEngine() !== undefined) return;
  throw notEmulated(`The property ${name} without docker (and its daemon) or podman on PATH`);
}

/** Application packages of a pool or task. */
export const packageReferences: Rule<Json[]> = list(
  object({ 'applicationId!': applicationId, version: someText }),
  10,
);

const program = {
  'commandLine!': someText,
  containerSettings,
  resourceFiles,
  environmentSettings,
  userIdentity,
};

/** The user accounts of a pool: tasks may name them, though here all run as one user. What is secret of them is not kept. */
export const userAccounts: Rule<Json[]> = list((value, name) => {
  const { password: _, linuxUserConfiguration, ...account } = userAccount(value, name);
  if (linuxUserConfiguration === undefined) return account;
  const { sshPrivateKey: __, ...configuration } = linuxUserConfiguration as Json;
  return { ...account, linuxUserConfiguration: configuration };
}, 100);

const userAccount = object({
  'name!': text(20),
  'password!': someText,
  elevationLevel: oneOf('nonadmin', 'admin'),
  linuxUserConfiguration: object({
    uid: integer(0, 2 ** 31),
    gid: integer(0, 2 ** 31),
    sshPrivateKey: text(),
  }),
  windowsUserConfiguration: refused,
});

const retries = integer(-1, 1_000_000);

/** A pool's start task, defaults filled in. */
export const startTask: Rule<Json> = (value, name) => ({
  userIdentity: defaultUser,
  maxTaskRetryCount: 0,
  waitForSuccess: true,
  ...object({ ...program, maxTaskRetryCount: retries, waitForSuccess: flag })(value, name),
});

/** Limits of a task, in the form in which they are accepted. */
export const taskConstraints: Rule<Json> = object({
  maxWallClockTime: duration(),
  retentionTime: duration(),
  maxTaskRetryCount: retries,
});

/** Limits of a task, defaults filled in. */
export function constraintsOf(given: unknown, retryCount: number): Json {
  return {
    maxWallClockTime: unlimited,
    retentionTime: 'P7D',
    maxTaskRetryCount: retryCount,
    ...(given as Json | undefined),
  };
}

/** A job's preparation task, defaults filled in. */
export const preparationTask: Rule<Json> = (value, name) => {
  const given = object({
    ...program,
    id,
    constraints: taskConstraints,
    waitForSuccess: flag,
    rerunOnNodeRebootAfterSuccess: flag,
  })(value, name);
  return {
    id: 'jobpreparation',
    userIdentity: defaultUser,
    waitForSuccess: true,
    rerunOnNodeRebootAfterSuccess: true,
    ...given,
    constraints: constraintsOf(given.constraints, 0),
  };
};

const longestRelease = 15 * 60_000;

/** A job's release task, defaults filled in. */
export const releaseTask: Rule<Json> = (value, name) => {
  const given = object({
    ...program,
    id,
    maxWallClockTime: duration(),
    retentionTime: duration(),
  })(value, name);
  const limit = given.maxWallClockTime as string | undefined;
  if (limit !== undefined && (limitMilliseconds(limit) ?? Infinity) > longestRelease) {
    throw invalidProperty(`${name}.maxWallClockTime`, limit, 'It may be at most 15 minutes.');
  }
  return {
    id: 'jobrelease',
    userIdentity: defaultUser,
    maxWallClockTime: 'PT15M',
    retentionTime: 'P7D',
    ...given,
  };
};

/** A job's manager task, defaults filled in. */
export const managerTask: Rule<Json> = (value, name) => ({
  userIdentity: defaultUser,
  killJobOnCompletion: true,
  runExclusive: true,
  allowLowPriorityNode: true,
  requiredSlots: 1,
  ...managerShape(value, name),
});

const managerShape = object({
  'id!': id,
  displayName: text(1024),
  ...program,
  outputFiles,
  constraints: taskConstraints,
  requiredSlots: integer(1, 256),
  killJobOnCompletion: flag,
  runExclusive: flag,
  applicationPackageReferences: packageReferences,
  authenticationTokenSettings: refused,
  allowLowPriorityNode: only((value) => value === true),
});

function applicationId(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '') {
    throw invalidProperty(name, value, 'It must be the id of an application.');
  }
  // Pools may name it by its whole resource id.
  return value.slice(value.lastIndexOf('/') + 1);
}
