import type { Account, Pool } from '../account.ts';
import { poolFilters } from '../odata/filter-tables.ts';
import { answerList } from '../odata/list.ts';
import { elementBody, pick, readSelect } from '../odata/page.ts';
import { createPool, requirePackages } from '../pool/create-pool.ts';
import { deletePool } from '../pool/delete-pool.ts';
import { removeListed } from '../pool/remove-listed.ts';
import { resizePool, stopResize } from '../pool/resize.ts';
import type { Deallocation, Json } from '../store/documents.ts';
import { checkRemoveNodes } from '../validate/node.ts';
import { checkNewPool, checkPoolPatch, checkPoolUpdate, checkResize } from '../validate/pool.ts';
import { poolMembers, poolProperty, poolView } from '../views/pool.ts';
import type { Call, Reply } from '../wire/call.ts';
import { readAllowed } from '../wire/conditions.ts';
import { BatchError, invalidProperty } from '../wire/errors.ts';
import { readExpansion } from './expansion.ts';
import { changeablePool, findPool } from './find.ts';

/** Pool_Add. */
export function addPool(account: Account, call: Call): Reply {
  const body = checkNewPool(call.body);
  requireIdentityForImage(call, body);
  const id = String(body.id);
  if (account.pools.has(id.toLowerCase())) throw new BatchError('PoolExists');
  const { doc } = createPool(account, body);
  const url = `${call.url}/${id}`;
  return { status: 201, changed: doc.modified, location: url, dataServiceId: url };
}

/** Pool_List. */
export function listPools(account: Account, call: Call): Reply {
  const expand = readExpansion(account, call);
  return answerList(call, {
    kind: 'pools',
    items: account.pools.values(),
    key: (pool) => pool.doc.id.toLowerCase(),
    filters: poolFilters,
    property: poolProperty,
    render: (pool) => poolView(pool, expand),
    selectable: poolMembers,
  });
}

/** Pool_Get. */
export function getPool(account: Account, call: Call): Reply {
  const expand = readExpansion(account, call);
  const selected = readSelect(call, poolMembers);
  const pool = findPool(account, call);
  const changed = pool.doc.modified;
  if (!readAllowed(call, changed)) return { status: 304, changed };
  const body = elementBody(call, 'pools', pick(poolView(pool, expand), selected));
  return { status: 200, changed, body };
}

/** Pool_Exists. */
export function poolExists(account: Account, call: Call): Reply {
  const changed = findPool(account, call).doc.modified;
  return { status: readAllowed(call, changed) ? 200 : 304, changed };
}

/** Pool_Patch. */
export function patchPool(account: Account, call: Call): Reply {
  const pool = changeablePool(account, call);
  change(account, pool, checkPoolPatch(call.body));
  return { status: 200, changed: pool.doc.modified, dataServiceId: call.url };
}

/** Pool_UpdateProperties. */
export function updatePool(account: Account, call: Call): Reply {
  const pool = changeablePool(account, call);
  change(account, pool, checkPoolUpdate(call.body));
  return { status: 204, changed: pool.doc.modified, dataServiceId: call.url };
}

/** Pool_RemoveNodes. */
export function removePoolNodes(account: Account, call: Call): Reply {
  const pool = changeablePool(account, call);
  const { ids, option } = checkRemoveNodes(call.body);
  if (pool.doc.allocationState !== 'steady') throw new BatchError('PoolBeingResized');
  const nodes = ids.map((id) => {
    const node = pool.nodes.get(id);
    if (node !== undefined) return node;
    throw new BatchError('NodeNotFound', { values: [{ key: 'NodeId', value: id }] });
  });
  removeListed(account, pool, { nodes, option });
  return { status: 202, changed: pool.doc.modified, dataServiceId: call.url };
}

/** Pool_Resize. */
export function resize(account: Account, call: Call): Reply {
  const pool = changeablePool(account, call);
  const change = checkResize(call.body);
  if (pool.doc.autoScale !== undefined) {
    throw new BatchError('OperationInvalidForCurrentState', {
      values: [{ key: 'Reason', value: 'Autoscaling is enabled on the pool.' }],
    });
  }
  if (pool.doc.allocationState !== 'steady') throw new BatchError('PoolBeingResized');
  resizePool(account, pool, {
    targetDedicatedNodes: Number(change.targetDedicatedNodes ?? 0),
    targetLowPriorityNodes: Number(change.targetLowPriorityNodes ?? 0),
    resizeTimeout: String(change.resizeTimeout ?? 'PT15M'),
    deallocation: (change.nodeDeallocationOption ?? 'requeue') as Deallocation,
  });
  return { status: 202, changed: pool.doc.modified, dataServiceId: call.url };
}

/** Pool_StopResize. */
export function stopResizing(account: Account, call: Call): Reply {
  const pool = changeablePool(account, call);
  if (pool.doc.allocationState === 'resizing') stopResize(account, pool);
  return { status: 202, changed: pool.doc.modified, dataServiceId: call.url };
}

/** Pool_Delete. */
export function removePool(account: Account, call: Call): Reply {
  deletePool(account, changeablePool(account, call));
  return { status: 202 };
}

/** The service reads custom images with the identity of whoever adds the pool, which a key has not. */
function requireIdentityForImage({ headers }: Call, body: Json): void {
  if (headers.authorization?.startsWith('SharedKey') !== true) return;
  const { imageReference } = body.virtualMachineConfiguration as { imageReference: Json };
  const { virtualMachineImageId: image } = imageReference;
  if (image === undefined) return;
  const reason =
    'A custom image needs a bearer token; with the account key only Marketplace images.';
  throw invalidProperty('virtualMachineImageId', image, reason);
}

function change(account: Account, pool: Pool, changes: Json): void {
  requirePackages(account, changes.applicationPackageReferences);
  const spec = { ...pool.doc.spec, ...changes };
  pool.doc = { ...pool.doc, spec, modified: account.clock.stamp() };
  account.db.changed(pool);
}
