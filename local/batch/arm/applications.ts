import { isApplicationId, type Application } from '../application/store.ts';
import type { Json } from '../store/documents.ts';
import { ArmError, invalidBody } from './errors.ts';
import { asObject } from './pool-body.ts';
import {
  accountId,
  bodyOf,
  page,
  part,
  requireCondition,
  type ArmReply,
  type ArmRequest,
} from './request.ts';

/** Application_List. */
export function listApplications(request: ArmRequest): ArmReply {
  const applications = request.account.applications.listApplications();
  return page(request, applications, (application) => view(request, application));
}

/** Application_Get. */
export function getApplication(request: ArmRequest): ArmReply {
  return answer(request, findApplication(request));
}

/** Application_Create; the body may be absent. */
export function putApplication(request: ArmRequest): ArmReply {
  const id = part(request, 'applicationName');
  if (!isApplicationId(id)) {
    throw new ArmError(
      400,
      'InvalidApplicationId',
      `${id} cannot be the name of an application: it has 1 to 64 characters of A-Z, a-z, 0-9, - and _.`,
    );
  }
  const before = request.account.applications.getApplication(id);
  requireCondition(request, before === undefined ? undefined : etag(before));
  return change(request, id, request.body === undefined ? {} : bodyOf(request));
}

/** Application_Update. */
export function patchApplication(request: ArmRequest): ArmReply {
  const application = findApplication(request);
  requireCondition(request, etag(application));
  return change(request, application.id, bodyOf(request));
}

/** Application_Delete; its packages go with it. */
export function deleteApplication({ account, params }: ArmRequest): ArmReply {
  const id = String(params.applicationName);
  if (account.applications.getApplication(id) === undefined) return { status: 204 };
  account.applications.deleteApplication(id);
  return { status: 200 };
}

/** The application of a request's path, or ApplicationNotFound. */
export function findApplication(request: ArmRequest): Application {
  const id = part(request, 'applicationName');
  const application = request.account.applications.getApplication(id);
  if (application !== undefined) return application;
  throw new ArmError(404, 'ApplicationNotFound', `There is no application ${id}.`);
}

function change(request: ArmRequest, id: string, body: Json): ArmReply {
  const { applications } = request.account;
  const properties = asObject(body.properties, 'properties');
  const { allowUpdates } = properties;
  const displayName = textOf(properties, 'displayName');
  const defaultVersion = textOf(properties, 'defaultVersion');
  if (defaultVersion !== undefined && applications.get(id, defaultVersion) === undefined) {
    throw new ArmError(
      409,
      'ApplicationPackageNotFound',
      `The defaultVersion ${defaultVersion} is no version of application ${id}.`,
    );
  }
  if (allowUpdates !== undefined && typeof allowUpdates !== 'boolean') {
    throw invalidBody('properties.allowUpdates must be true or false.');
  }
  const changed = applications.putApplication(id, {
    ...(displayName !== undefined && { displayName }),
    ...(allowUpdates !== undefined && { allowUpdates }),
    ...(defaultVersion !== undefined && { defaultVersion }),
  });
  return answer(request, changed);
}

function textOf(properties: Json, name: string): string | undefined {
  const value = properties[name];
  if (value === undefined || typeof value === 'string') return value;
  throw invalidBody(`properties.${name} must be a string.`);
}

function answer(request: ArmRequest, application: Application): ArmReply {
  return { status: 200, body: view(request, application), headers: { ETag: etag(application) } };
}

function view(request: ArmRequest, application: Application): object {
  const { id, displayName, allowUpdates, defaultVersion } = application;
  return {
    id: `${accountId(request)}/applications/${id}`,
    name: id,
    type: 'Microsoft.Batch/batchAccounts/applications',
    etag: etag(application),
    properties: { displayName, allowUpdates, defaultVersion },
  };
}

/** Applications carry no time of change; what they say makes their ETag. */
function etag({ id, displayName, allowUpdates, defaultVersion }: Application): string {
  const text = JSON.stringify([id, displayName, allowUpdates, defaultVersion]);
  return `W/"${Buffer.from(text).toString('base64url')}"`;
}
