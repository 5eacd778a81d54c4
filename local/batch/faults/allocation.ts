import type { Account, Pool } from '../account.ts';
import type { ResizeError } from '../store/documents.ts';
import { coresOf } from './vm-cores.ts';

/** What an allocation gets. */
export interface Grant {
  nodes: number;
  errors: ResizeError[];
}

/** Milliseconds until a pool's allocation is decided. */
export function allocationDelay(account: Account, pool: Pool): number {
  return account.controls.faults.allocationOf(sizeOf(pool))?.delay ?? account.delays.allocation;
}

/** How many of the nodes that a pool wants it gets, as far as quotas and the region's capacity let it. */
export function grantNodes(
  account: Account,
  pool: Pool,
  { dedicated, wanted }: { dedicated: boolean; wanted: number },
): Grant {
  const { faults } = account.controls;
  const knob = faults.allocationOf(sizeOf(pool));
  const failed = faults.happens('allocation', knob?.probability ?? 0);
  const { quotas } = faults.knobs;
  return limitNodes({
    wanted,
    cores: coresOf(sizeOf(pool)),
    coresInUse: coresInUse(account, dedicated),
    quota: (dedicated ? quotas.dedicatedCores : quotas.lowPriorityCores) ?? Infinity,
    quotaError: dedicated ? 'AccountCoreQuotaReached' : 'AccountLowPriorityCoreQuotaReached',
    capacity: failed ? 0 : (knob?.capacity ?? Infinity) - nodesOfSize(account, sizeOf(pool)),
    capacityError: knob?.error ?? 'AllocationFailed',
  });
}

/** What stands between a pool and the nodes that it wants. */
export interface Limits {
  wanted: number;
  /** Of one node. */
  cores: number;
  coresInUse: number;
  quota: number;
  quotaError: string;
  /** Nodes that the region still has. */
  capacity: number;
  capacityError: string;
}

/** Nodes that may be added, and what the pool says when they are fewer than it wants. */
export function limitNodes(limits: Limits): Grant {
  const { wanted, cores, coresInUse, quota, capacity } = limits;
  const byQuota = Math.max(0, Math.floor((quota - coresInUse) / cores));
  const byCapacity = Math.max(0, capacity);
  const nodes = Math.min(wanted, byQuota, byCapacity);
  const errors: ResizeError[] = [];
  if (byQuota < wanted) {
    const message = `The account has reached its core quota: ${coresInUse} of ${quota} are in use`;
    errors.push({ code: limits.quotaError, message });
  } else if (byCapacity < wanted) {
    const message = 'Desired number of nodes could not be allocated';
    errors.push({ code: limits.capacityError, message });
  }
  return { nodes, errors };
}

function sizeOf(pool: Pool): string {
  return String(pool.doc.spec.vmSize);
}

function coresInUse(account: Account, dedicated: boolean): number {
  let cores = 0;
  for (const pool of account.pools.values()) {
    for (const node of pool.nodes.values()) {
      if (node.doc.dedicated === dedicated) cores += coresOf(sizeOf(pool));
    }
  }
  return cores;
}

function nodesOfSize(account: Account, vmSize: string): number {
  let nodes = 0;
  for (const pool of account.pools.values()) {
    if (sizeOf(pool).toLowerCase() === vmSize.toLowerCase()) nodes += pool.nodes.size;
  }
  return nodes;
}
