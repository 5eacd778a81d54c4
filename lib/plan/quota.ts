import { readVmSize } from './vm-size.ts';

/** What a Batch account may have; cores of its dedicated nodes may be limited in each family of sizes as well. */
export interface Quota {
  dedicatedCores: number;
  lowPriorityCores: number;
  /** By the family's name in lower case; null when only the sum counts. */
  families: ReadonlyMap<string, number> | null;
  pools: number;
  activeJobs: number;
}

/** A pool that is there already. */
export interface PoolInUse {
  vmSize: string;
  dedicated: number;
  lowPriority: number;
}

export interface InUse {
  pools: readonly PoolInUse[];
  activeJobs: number;
}

/** How much of the nodes that a run wants its account can give now. */
export interface QuotaVerdict {
  /** `fits`: all nodes. `fewer`: some of them. `waits`: none now. `never`: not one, ever. `unknown`: nobody can tell. */
  verdict: 'fits' | 'fewer' | 'waits' | 'never' | 'unknown';
  /** Null where the account's quota is not known. */
  cores: { need: number; inUse: number; quota: number } | null;
  /** Why, and what to do. */
  message: string;
}

/** Judges whether an account has room for a run's nodes. */
export function judgeQuota(
  want: { vmSize: string; spot: boolean; nodes: number },
  quota: Quota,
  inUse: InUse,
): QuotaVerdict {
  const size = readVmSize(want.vmSize);
  if (!size) return unknown(`the name ${want.vmSize} does not tell how many cores it has`);
  const cores = coresOf(want, size, { quota, inUse });
  const verdict = (kind: QuotaVerdict['verdict'], message: string): QuotaVerdict => ({
    verdict: kind,
    cores,
    message,
  });
  if (size.cores > cores.quota) {
    const message = `a single node of ${want.vmSize} has ${size.cores} cores, and the account's quota is ${cores.quota}; raise it, or take a smaller pool.vmSize`;
    return verdict('never', message);
  }
  if (inUse.pools.length >= quota.pools) {
    const message = `all ${quota.pools} pools that the account may have are there; the run waits until one is gone`;
    return verdict('waits', message);
  }
  if (inUse.activeJobs >= quota.activeJobs) {
    const message = `all ${quota.activeJobs} active jobs that the account may have are there; the run waits until one has ended`;
    return verdict('waits', message);
  }
  const free = Math.max(0, cores.quota - cores.inUse);
  const room = Math.floor(free / size.cores);
  const left = `${free} of ${cores.quota} cores are free`;
  if (room >= want.nodes) return verdict('fits', left);
  const remedy = 'raise the quota, lower pool.nodes.max, or wait for other pools to go';
  if (room === 0) return verdict('waits', `${left}, too few for one node; ${remedy}`);
  return verdict('fewer', `${left}, which is ${room} of ${want.nodes} nodes; ${remedy}`);
}

/** The verdict where there is nothing to judge by. */
export function unknown(message: string): QuotaVerdict {
  return { verdict: 'unknown', cores: null, message };
}

function coresOf(
  { spot, nodes }: { spot: boolean; nodes: number },
  size: { cores: number; family: string },
  { quota, inUse }: { quota: Quota; inUse: InUse },
): { need: number; inUse: number; quota: number } {
  const kind = spot ? 'lowPriority' : 'dedicated';
  const need = nodes * size.cores;
  const used = (ofFamily: boolean): number =>
    inUse.pools.reduce((sum, pool) => {
      const other = readVmSize(pool.vmSize);
      const counts = other && (!ofFamily || other.family === size.family);
      return sum + (counts ? pool[kind] * other.cores : 0);
    }, 0);
  const all = {
    need,
    inUse: used(false),
    quota: spot ? quota.lowPriorityCores : quota.dedicatedCores,
  };
  // A family that is not among them is one whose name we did not guess: not all go by the names of their sizes.
  const limit = spot ? undefined : quota.families?.get(size.family);
  if (limit === undefined) return all;
  const family = { need, inUse: used(true), quota: limit };
  // The narrower of the two decides.
  return family.quota - family.inUse < all.quota - all.inUse ? family : all;
}
