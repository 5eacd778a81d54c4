import { isDeepStrictEqual } from 'node:util';
import type { Pool } from '../account.ts';
import { operations } from '../operations/handlers.ts';
import type { Json } from '../store/documents.ts';
import { etagOf } from '../time/stamp.ts';
import { poolView } from '../views/pool.ts';
import { BatchError } from '../wire/errors.ts';
import type { Call } from '../wire/call.ts';
import { ArmError } from './errors.ts';
import { readIdentity, shownIdentity } from './identity.ts';
import { asObject, fromPoolView, toPoolAdd, toPoolPatch } from './pool-body.ts';
import {
  accountId,
  bodyOf,
  page,
  part,
  requireCondition,
  type ArmReply,
  type ArmRequest,
} from './request.ts';

/** Pool_ListByBatchAccount. */
export function listPools(request: ArmRequest): ArmReply {
  const pools = [...request.account.pools.values()].toSorted((a, b) =>
    a.doc.id.toLowerCase() < b.doc.id.toLowerCase() ? -1 : 1,
  );
  return page(request, pools, (pool) => view(request, pool));
}

/** Pool_Get. */
export function getPool(request: ArmRequest): ArmReply {
  return answer(request, find(request));
}

/** Pool_Create: also what changes a pool that is there, as far as it may change. */
export async function putPool(request: ArmRequest): Promise<ArmReply> {
  const name = part(request, 'poolName');
  const body = bodyOf(request);
  const properties = asObject(body.properties, 'properties');
  const identity = readIdentity(body.identity);
  const before = request.account.pools.get(name.toLowerCase());
  requireCondition(request, before === undefined ? undefined : etag(before));
  if (before === undefined) {
    await run(request, 'Pool_Add', toPoolAdd(name, properties));
  } else {
    requireSame(request, before, properties);
    await change(request, before, properties);
  }
  const pool = find(request);
  setIdentity(request, pool, identity);
  return answer(request, pool);
}

/** Pool_Update. */
export async function patchPool(request: ArmRequest): Promise<ArmReply> {
  const pool = find(request);
  requireCondition(request, etag(pool));
  const body = bodyOf(request);
  await change(request, pool, asObject(body.properties, 'properties'));
  if (body.identity !== undefined) setIdentity(request, pool, readIdentity(body.identity));
  return answer(request, pool);
}

/** Pool_Delete: 202 with where to ask whether it is done. */
export async function deletePool(request: ArmRequest): Promise<ArmReply> {
  const pool = request.account.pools.get(part(request, 'poolName').toLowerCase());
  if (pool === undefined) return { status: 204 };
  if (pool.doc.state !== 'deleting') await run(request, 'Pool_Delete');
  return { status: 202, headers: poll(request, `${pool.doc.id}-${pool.doc.created}`) };
}

/** Whether the deletion of a pool is done; another pool of the same name does not count. */
export function getDeletion(request: ArmRequest): ArmReply {
  const operation = part(request, 'operation');
  const [, id = '', created = ''] = /^(.*)-(\d+)$/.exec(operation) ?? [];
  const pool = request.account.pools.get(id.toLowerCase());
  if (pool?.doc.created !== Number(created)) return { status: 204 };
  return { status: 202, headers: poll(request, operation) };
}

/** Pool_DisableAutoScale. */
export async function disableAutoScale(request: ArmRequest): Promise<ArmReply> {
  const pool = find(request);
  await run(request, 'Pool_DisableAutoScale');
  return answer(request, pool);
}

/** Pool_StopResize. */
export async function stopResize(request: ArmRequest): Promise<ArmReply> {
  const pool = find(request);
  await run(request, 'Pool_StopResize');
  return answer(request, pool);
}

function find(request: ArmRequest): Pool {
  const name = part(request, 'poolName');
  const pool = request.account.pools.get(name.toLowerCase());
  if (pool === undefined) throw new ArmError(404, 'PoolNotFound', `There is no pool ${name}.`);
  return pool;
}

function answer(request: ArmRequest, pool: Pool): ArmReply {
  return { status: 200, body: view(request, pool), headers: { ETag: etag(pool) } };
}

function view(request: ArmRequest, pool: Pool): object {
  const shown = poolView(pool, { now: undefined, baseUrl: request.baseUrl }) as Json;
  return {
    id: `${accountId(request)}/pools/${pool.doc.id}`,
    name: pool.doc.id,
    type: 'Microsoft.Batch/batchAccounts/pools',
    etag: etag(pool),
    identity: shownIdentity(pool.doc.spec.identity),
    properties: fromPoolView(shown),
  };
}

function etag(pool: Pool): string {
  return `W/"${etagOf(pool.doc.modified)}"`;
}

/** Carries out an operation of the data plane, which knows the rules and the codes. */
async function run(request: ArmRequest, operation: string, body?: Json): Promise<void> {
  const handler = operations[operation];
  if (handler === undefined) {
    throw new ArmError(501, 'NotEmulated', `${operation} is not emulated.`);
  }
  const call: Call = {
    operation,
    params: { poolId: part(request, 'poolName') },
    query: new Map(),
    headers: {},
    body,
    baseUrl: request.baseUrl,
    url: `${request.baseUrl}/pools`,
  };
  await handler(request.account, call);
}

async function change(request: ArmRequest, pool: Pool, properties: Json): Promise<void> {
  if (pool.doc.state === 'deleting') throw new BatchError('PoolBeingDeleted');
  // First what may be refused because of the pool's state.
  await scaleTo(request, pool, asObject(properties.scaleSettings, 'scaleSettings'));
  const patch = toPoolPatch(properties);
  if (Object.keys(patch).length > 0) await run(request, 'Pool_Patch', patch);
  if (properties.displayName !== undefined) {
    setSpec(request, pool, { displayName: properties.displayName });
  }
}

async function scaleTo(
  request: ArmRequest,
  pool: Pool,
  { fixedScale, autoScale }: Json,
): Promise<void> {
  if (autoScale !== undefined) {
    const { formula, evaluationInterval } = asObject(autoScale, 'autoScale');
    await run(request, 'Pool_EnableAutoScale', {
      autoScaleFormula: formula,
      ...(evaluationInterval !== undefined && { autoScaleEvaluationInterval: evaluationInterval }),
    });
    return;
  }
  if (fixedScale === undefined) return;
  if (pool.doc.autoScale !== undefined) await run(request, 'Pool_DisableAutoScale');
  const given = asObject(fixedScale, 'fixedScale');
  const { doc } = pool;
  const targets = {
    targetDedicatedNodes: given.targetDedicatedNodes ?? doc.targetDedicatedNodes,
    targetLowPriorityNodes: given.targetLowPriorityNodes ?? doc.targetLowPriorityNodes,
  };
  const same =
    targets.targetDedicatedNodes === doc.targetDedicatedNodes &&
    targets.targetLowPriorityNodes === doc.targetLowPriorityNodes;
  if (!same) await run(request, 'Pool_Resize', { ...given, ...targets });
}

/** What a pool is made with stays. */
function requireSame(request: ArmRequest, pool: Pool, properties: Json): void {
  const now = asObject(
    fromPoolView(poolView(pool, { now: undefined, baseUrl: request.baseUrl }) as Json),
    '',
  );
  for (const name of [
    'vmSize',
    'deploymentConfiguration',
    'taskSlotsPerNode',
    'interNodeCommunication',
  ]) {
    const wanted = properties[name];
    if (wanted === undefined || isDeepStrictEqual(normal(wanted), normal(now[name]))) continue;
    throw new ArmError(
      409,
      'PropertyCannotBeUpdated',
      `${name} of pool ${pool.doc.id} cannot be changed: delete the pool and create it anew.`,
    );
  }
}

/** As the service compares: it writes sizes and names of images in lower case. */
function normal(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).toLowerCase());
}

function setIdentity(request: ArmRequest, pool: Pool, identity: Json | undefined): void {
  if (!isDeepStrictEqual(pool.doc.spec.identity, identity)) setSpec(request, pool, { identity });
}

function setSpec({ account }: ArmRequest, pool: Pool, changes: Json): void {
  const spec = { ...pool.doc.spec, ...changes };
  pool.doc = { ...pool.doc, spec, modified: account.clock.stamp() };
  account.db.changed(pool);
}

function poll(request: ArmRequest, operation: string): Record<string, string> {
  const path = `${accountId(request)}/poolOperationResults/${encodeURIComponent(operation)}`;
  const version = request.query.get('api-version') ?? '';
  return { Location: `${request.baseUrl}${path}?api-version=${version}`, 'Retry-After': '1' };
}
