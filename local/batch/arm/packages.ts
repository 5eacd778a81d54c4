import { existsSync } from 'node:fs';
import { isApplicationVersion, type ApplicationPackage } from '../application/store.ts';
import { etagOf, isoTime } from '../time/stamp.ts';
import { findApplication } from './applications.ts';
import { ArmError, invalidBody } from './errors.ts';
import { uploadUrl } from './package-upload.ts';
import {
  accountId,
  bodyOf,
  page,
  part,
  requireCondition,
  type ArmReply,
  type ArmRequest,
} from './request.ts';

/** ApplicationPackage_List. */
export function listPackages(request: ArmRequest): ArmReply {
  const { id } = findApplication(request);
  return page(request, request.account.applications.list(id), (one) => view(request, one));
}

/** ApplicationPackage_Get. */
export function getPackage(request: ArmRequest): ArmReply {
  return answer(request, findPackage(request));
}

/** ApplicationPackage_Create: the answer says where its bytes go; it cannot be used before it is activated. */
export function putPackage(request: ArmRequest): ArmReply {
  const application = findApplication(request);
  const version = part(request, 'versionName');
  if (!isApplicationVersion(version)) {
    throw new ArmError(
      400,
      'InvalidApplicationVersion',
      `${version} cannot be a version: it has 1 to 64 characters of A-Z, a-z, 0-9, -, _ and dots.`,
    );
  }
  const { account } = request;
  const before = account.applications.get(application.id, version);
  requireCondition(request, before === undefined ? undefined : etag(before));
  if (before?.state === 'active' && !application.allowUpdates) {
    throw new ArmError(
      409,
      'ApplicationPackageAlreadyExists',
      `Version ${version} of application ${application.id} is there, and its allowUpdates is false.`,
    );
  }
  account.applications.add(application.id, version, account.clock.stamp());
  return answer(request, findPackage(request));
}

/** ApplicationPackage_Activate. */
export function activatePackage(request: ArmRequest): ArmReply {
  const { applicationId, version } = findPackage(request);
  const { format } = bodyOf(request);
  if (typeof format !== 'string' || format.toLowerCase() !== 'zip') {
    throw invalidBody(`format must be zip, not ${JSON.stringify(format)}.`);
  }
  const { applications, clock } = request.account;
  if (!existsSync(applications.path(applicationId, version))) {
    throw new ArmError(
      409,
      'ApplicationPackageBlobNotFound',
      `Nothing has been uploaded to the storageUrl of version ${version} of application ${applicationId}.`,
    );
  }
  applications.activate(applicationId, version, { format: 'zip', now: clock.stamp() });
  return answer(request, findPackage(request));
}

/** ApplicationPackage_Delete. */
export function deletePackage(request: ArmRequest): ArmReply {
  const { account, params } = request;
  const [id, version] = [String(params.applicationName), String(params.versionName)];
  if (account.applications.get(id, version) === undefined) return { status: 204 };
  const application = findApplication(request);
  if (application.defaultVersion?.toLowerCase() === version.toLowerCase()) {
    throw new ArmError(
      409,
      'ApplicationPackageIsDefaultVersion',
      `Version ${version} is the default version of application ${application.id}: choose another one first.`,
    );
  }
  account.applications.delete(id, version);
  return { status: 200 };
}

function findPackage(request: ArmRequest): ApplicationPackage {
  const { id } = findApplication(request);
  const version = part(request, 'versionName');
  const found = request.account.applications.get(id, version);
  if (found !== undefined) return found;
  throw new ArmError(
    404,
    'ApplicationPackageNotFound',
    `Application ${id} has no version ${version}.`,
  );
}

function answer(request: ArmRequest, one: ApplicationPackage): ArmReply {
  return { status: 200, body: view(request, one), headers: { ETag: etag(one) } };
}

function view(request: ArmRequest, one: ApplicationPackage): object {
  const { applicationId, version, state, format, activated } = one;
  return {
    id: `${accountId(request)}/applications/${applicationId}/versions/${version}`,
    name: version,
    type: 'Microsoft.Batch/batchAccounts/applications/versions',
    etag: etag(one),
    properties: {
      state: state === 'active' ? 'Active' : 'Pending',
      format,
      ...uploadUrl(request, one),
      ...(activated !== undefined && { lastActivationTime: isoTime(activated) }),
    },
  };
}

function etag({ created, activated }: ApplicationPackage): string {
  return `W/"${etagOf(activated ?? created)}"`;
}
