import type { Account, Pool } from '../account.ts';
import { armAutoScale } from '../autoscale/drive.ts';
import { requirePoolQuota } from '../faults/quotas.ts';
import { findPackage } from '../node/packages.ts';
import type { Json, PackageReference, PoolDocument } from '../store/documents.ts';
import { BatchError } from '../wire/errors.ts';
import { continueResize } from './resize.ts';

/** Makes a pool from what was accepted of it; throws PoolQuotaReached or InvalidApplicationPackageReferences. */
export function createPool(account: Account, body: Json, madeFor?: PoolDocument['madeFor']): Pool {
  requirePoolQuota(account);
  requirePackages(account, body.applicationPackageReferences);
  const doc = { ...newPool(account, body), ...(madeFor !== undefined && { madeFor }) };
  const pool = account.live.addPool(doc);
  account.pools.set(doc.id.toLowerCase(), pool);
  continueResize(account, pool);
  armAutoScale(account, pool);
  return pool;
}

/** Throws InvalidApplicationPackageReferences when the account has not all packages. */
export function requirePackages(account: Account, references: unknown): void {
  const missing = ((references ?? []) as PackageReference[]).filter(
    (reference) => findPackage(account, reference) === undefined,
  );
  if (missing.length === 0) return;
  throw new BatchError('InvalidApplicationPackageReferences', {
    values: missing.map(({ applicationId, version }) => ({
      key: version === undefined ? applicationId : `${applicationId}:${version}`,
      value: 'The specified application package does not exist.',
    })),
  });
}

function newPool(account: Account, body: Json): PoolDocument {
  const { id, resizeTimeout, targetDedicatedNodes, targetLowPriorityNodes, ...others } = body;
  const { taskSlotsPerNode, taskSchedulingPolicy, ...scaled } = others;
  const { enableAutoScale, autoScaleFormula, autoScaleEvaluationInterval, ...spec } = scaled;
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
    ...(enableAutoScale === true && {
      autoScale: {
        formula: String(autoScaleFormula),
        interval: String(autoScaleEvaluationInterval ?? 'PT15M'),
      },
    }),
  };
}
