import { getAccount, getLocationQuotas, listAccounts } from './accounts.ts';
import * as applications from './applications.ts';
import { ArmError } from './errors.ts';
import * as packages from './packages.ts';
import * as pools from './pools.ts';
import type { ArmReply, ArmRequest } from './request.ts';

type ArmHandler = (request: ArmRequest) => ArmReply | Promise<ArmReply>;

/** Finds the handler of a method and an encoded path; throws ArmError when there is none. Paths compare without case. */
export function matchArmRoute(
  method: string,
  path: string,
): { handler: ArmHandler; params: Record<string, string> } {
  const found = routes.flatMap((route) => {
    const match = route.pattern.exec(path.replace(/(.)\/$/, '$1'));
    return match === null ? [] : [{ ...route, params: decoded(match.groups ?? {}) }];
  });
  const exact = found.find((route) => route.method === method);
  if (exact !== undefined) return exact;
  if (found.length > 0) {
    const methods = found.map((route) => route.method).join(', ');
    throw new ArmError(405, 'MethodNotAllowed', `${method} is not emulated here; ${methods} are.`);
  }
  throw new ArmError(501, 'NotEmulated', `${method} ${path} is not emulated.`);
}

const provider = 'providers/Microsoft.Batch';
const subscription = '/subscriptions/{subscriptionId}';
const group = `${subscription}/resourceGroups/{resourceGroupName}`;
const account = `${group}/${provider}/batchAccounts/{accountName}`;
const application = `${account}/applications/{applicationName}`;

const routes = [
  on('GET', `${subscription}/${provider}/batchAccounts`, listAccounts),
  on('GET', `${group}/${provider}/batchAccounts`, listAccounts),
  on('GET', `${subscription}/${provider}/locations/{locationName}/quotas`, getLocationQuotas),
  on('GET', account, getAccount),
  on('GET', `${account}/pools`, pools.listPools),
  on('GET', `${account}/pools/{poolName}`, pools.getPool),
  on('PUT', `${account}/pools/{poolName}`, pools.putPool),
  on('PATCH', `${account}/pools/{poolName}`, pools.patchPool),
  on('DELETE', `${account}/pools/{poolName}`, pools.deletePool),
  on('POST', `${account}/pools/{poolName}/disableAutoScale`, pools.disableAutoScale),
  on('POST', `${account}/pools/{poolName}/stopResize`, pools.stopResize),
  on('GET', `${account}/poolOperationResults/{operation}`, pools.getDeletion),
  on('GET', `${account}/applications`, applications.listApplications),
  on('GET', application, applications.getApplication),
  on('PUT', application, applications.putApplication),
  on('PATCH', application, applications.patchApplication),
  on('DELETE', application, applications.deleteApplication),
  on('GET', `${application}/versions`, packages.listPackages),
  on('GET', `${application}/versions/{versionName}`, packages.getPackage),
  on('PUT', `${application}/versions/{versionName}`, packages.putPackage),
  on('DELETE', `${application}/versions/{versionName}`, packages.deletePackage),
  on('POST', `${application}/versions/{versionName}/activate`, packages.activatePackage),
];

function on(method: string, template: string, handler: ArmHandler) {
  const source = template.replaceAll('.', '\\.').replace(/\{(\w+)\}/g, '(?<$1>[^/]+)');
  return { method, handler, pattern: new RegExp(`^${source}$`, 'i') };
}

function decoded(groups: Record<string, string>): Record<string, string> {
  try {
    return Object.fromEntries(
      Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]),
    );
  } catch {
    throw new ArmError(400, 'InvalidUri', 'The path is not correctly percent-encoded.');
  }
}
