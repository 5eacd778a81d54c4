import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Account, Node } from '../account.ts';
import type { ApplicationPackage } from '../application/store.ts';
import { unzip } from '../application/unzip.ts';
import type { PackageReference } from '../store/documents.ts';
import { TaskFailure } from './failures.ts';

/**
 * Unpacks application packages on a node, each once, and returns the variables that say where; throws TaskFailure
 * ApplicationPackageError when one cannot be had.
 */
export async function installPackages(
  account: Account,
  node: Node,
  references: readonly PackageReference[],
): Promise<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const reference of references) {
    const found = findPackage(account, reference);
    if (found === undefined) {
      throw packageFailure(reference, 'There is no active version of it in the account.');
    }
    variables[packageVariable(reference)] = await installed(account, node, found);
  }
  return variables;
}

/** The package that a reference means, when it can be used. */
export function findPackage(
  { applications }: Pick<Account, 'applications'>,
  { applicationId, version }: PackageReference,
): ApplicationPackage | undefined {
  const found = applications.get(applicationId, version);
  return found?.state === 'active' ? found : undefined;
}

/** The variable that says where a package is: as on Linux, where only letters, digits and _ can stand in a name. */
export function packageVariable({ applicationId, version }: PackageReference): string {
  const name = version === undefined ? applicationId : `${applicationId}_${version}`;
  return `AZ_BATCH_APP_PACKAGE_${name.replace(/[^A-Za-z0-9]/g, '_')}`;
}

function installed(account: Account, node: Node, found: ApplicationPackage): Promise<string> {
  const key = `${found.applicationId}/${found.version}`.toLowerCase();
  let work = node.packages.get(key);
  if (work === undefined) {
    work = install(account, join(node.root, 'applications', key), found);
    node.packages.set(key, work);
    // The next task may find what this one missed.
    work.catch(() => node.packages.delete(key));
  }
  return work;
}

async function install(
  { applications }: Account,
  target: string,
  { applicationId, version }: ApplicationPackage,
): Promise<string> {
  if (existsSync(target)) return target;
  // Under another name until it is whole: the emulator may be killed in between.
  const half = join(dirname(target), `.${randomUUID()}`);
  try {
    await mkdir(dirname(target), { recursive: true });
    await unzip(applications.path(applicationId, version), half);
    await rename(half, target);
    return target;
  } catch (error) {
    await rm(half, { recursive: true, force: true });
    const reason = error instanceof Error ? error.message : String(error);
    throw packageFailure({ applicationId, version }, reason);
  }
}

function packageFailure({ applicationId, version }: PackageReference, reason: string): TaskFailure {
  return new TaskFailure(
    'ApplicationPackageError',
    'One of the specified application packages could not be put on the node',
    {
      ApplicationPackageReference:
        version === undefined ? applicationId : `${applicationId}:${version}`,
      Message: reason,
    },
  );
}
