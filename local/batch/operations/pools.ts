import type { Account, Pool } from '../account.ts';
import { requirePoolQuota } from '../faults/quotas.ts';
import { poolFilters } from '../odata/filter-tables.ts';
import { answerList } from '../odata/list.ts';
import { elementBody, pick, readSelect, refuseExpand } from '../odata/page.ts';
import { deletePool } from '../pool/delete-pool.ts';
import { continueResize, resizePool, stopResize } from '../pool/resize.ts';
import type { Deallocation, Json, PoolDocument } from '../store/documents.ts';
import { checkNewPool, checkPoolPatch, checkResize } from '../validate/pool.ts';
import { poolMembers, poolProperty, poolView } from '../views/pool.ts';
import type { Call, Reply } from '../wire/call.ts';
import { readAllowed, requireCondition } from '../wire/conditions.ts';
import { BatchError } from '../wire/errors.ts';
import { findPool } from './find.ts';

/** Pool_Add. */
export function addPool(account: Account, call: Call): Reply {
  const doc = newPool(account, checkNewPool(call.body));
  if (account.pools.has(doc.id.toLowerCase())) throw new BatchError('PoolExists');
  requirePoolQuota(account);
  const pool = account.live.addPool(doc);
  account.pools.set(doc.id.toLowerCase(), pool);
  continueResize(account, pool);
  const url = `${call.url}/${doc.id}`;
  return { status: 201, changed: doc.modified, location: url, dataServiceId: url };
}

/** Pool_List. */
export function listPools(account: Account, call: Call): Reply {
  refuseExpand(call);
  return answerList(call, {
    kind: 'pools',
    items: account.pools.values(),
    key: (pool) => pool.doc.id.toLowerCase(),
    filters: poolFilters,
    property: poolProperty,
    render: (pool) => poolView(pool, call.baseUrl),
    selectable: poolMembers,
  });
}

/** Pool_Get. */
export function getPool(account: Account, call: Call): Reply {
  refuseExpand(call);
  const selected = readSelect(call, poolMembers);
  const pool = findPool(account, call);
  const changed = pool.doc.modified;
  if (!readAllowed(call, changed)) return { status: 304, changed };
  const body = elementBody(call, 'pools', pick(poolView(pool, call.baseUrl), selected));
  return { status: 200, changed, body };
}

/** Pool_Exists. */
export function poolExists(account: Account, call: Call): Reply {
  const pool = findPool(account, call);
  requireCondition(call, pool.doc.modified);
  return { status: 200, changed: pool.doc.modified };
}

/** Pool_Patch. */
export function patchPool(account: Account, call: Call): Reply {
  const pool = changeable(account, call);
  const patch = checkPoolPatch(call.body);
  pool.doc = { ...pool.doc, spec: { ...pool.doc.spec, ...patch }, modified: account.clock.stamp() };
  account.db.changed(pool);
  return { status: 200, changed: pool.doc.modified, dataServiceId: call.url };
}

/** Pool_Resize. */
export function resize(account: Account, call: Call): Reply {
  const pool = changeable(account, call);
  const change = checkResize(call.body);
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
  const pool = changeable(account, call);
  if (pool.doc.allocationState === 'resizing') stopResize(account, pool);
  return { status: 202, changed: pool.doc.modified, dataServiceId: call.url };
}

/** Pool_Delete. */
export function removePool(account: Account, call: Call): Reply {
  deletePool(account, changeable(account, call));
  return { status: 202 };
}

function changeable(account: Account, call: Call): Pool {
  const pool = findPool(account, call);
  requireCondition(call, pool.doc.modified);
  if (pool.doc.state === 'deleting') throw new BatchError('PoolBeingDeleted');
  return pool;
}

function newPool(account: Account, body: Json): PoolDocument {
  const { id, resizeTimeout, targetDedicatedNodes, targetLowPriorityNodes, ...others } = body;
  const { taskSlotsPerNode, taskSchedulingPolicy, enableAutoScale: _, ...spec } = others;
  const now = account.clock.stamp();
  return {
    id: String(id),
    spec,
    created: now,
    modified: now,
    state: 'active',
    stateAt: now,
    allocationState: 'steady',
    allocationStateAt: now,
    resizeTimeout: String(resizeTimeout ?? 'PT15M'),
    targetDedicatedNodes: Number(targetDedicatedNodes ?? 0),
    targetLowPriorityNodes: Number(targetLowPriorityNodes ?? 0),
    deallocation: 'requeue',
    resizeErrors: [],
    taskSlotsPerNode: Number(taskSlotsPerNode ?? 1),
    fill:
      (taskSchedulingPolicy as { nodeFillType?: 'Spread' | 'Pack' } | undefined)?.nodeFillType ??
      'Spread',
  };
}
