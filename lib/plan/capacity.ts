/** A pool as Batch tells of it; counts are nodes. */
export interface PoolState {
  allocation: string;
  have: number;
  need: number;
  errors: { code: string; message: string }[];
}

/** What stands between a run and its nodes; messages say what to do. */
export type Capacity =
  /** All nodes are there, or Batch is at it. */
  | { kind: 'coming' }
  /** They do not come now: ask again later. */
  | { kind: 'lacking'; message: string }
  /** They will not come, however long one waits. */
  | { kind: 'refused'; message: string };

const QUOTA = new Set([
  'AccountCoreQuotaReached',
  'AccountLowPriorityCoreQuotaReached',
  'AccountSpotCoreQuotaReached',
]);
/** Of the rest these do not pass by themselves. */
const FINAL = new Set(['IncompatibleVMSize', 'CommunicationEnabledPoolReachedMaxVMCount']);

/** Judges a pool by its nodes and by what Batch said when it looked for more. */
export function judgeCapacity(
  { allocation, have, need, errors }: PoolState,
  vmSize: string,
): Capacity {
  if (have >= need || allocation !== 'steady') return { kind: 'coming' };
  const said = errors.map(({ code, message }) => `${code}: ${message.split('\n')[0]}`).join('; ');
  if (errors.some(({ code }) => FINAL.has(code))) {
    return { kind: 'refused', message: `Batch cannot give nodes of the size ${vmSize}: ${said}` };
  }
  if (errors.some(({ code }) => QUOTA.has(code))) {
    const remedy = `raise the Batch account's core quota for ${vmSize}, lower pool.nodes.max, or wait for other runs to end`;
    return {
      kind: 'lacking',
      message: `the Batch account's core quota is used up (${said}); ${remedy}`,
    };
  }
  if (errors.length > 0) {
    const remedy = `Sluice asks again each minute; another vmSize or region may be there at once`;
    return { kind: 'lacking', message: `Azure has no ${vmSize} to give now (${said}); ${remedy}` };
  }
  return { kind: 'lacking', message: `nodes of the pool were taken away; Sluice asks for others` };
}

/** Codes with which Batch refuses a pool or job because there are too many; others ending makes room. */
const TOO_MANY: Record<string, string> = {
  PoolQuotaReached:
    "the Batch account's pool quota is used up; raise it, or wait for other runs to end",
  ActiveJobAndScheduleQuotaReached:
    "the Batch account's quota of active jobs is used up; raise it, or wait for other jobs to end",
};

/** What to tell when Batch has no room for one more pool or job; null when it said something else. */
export function noRoom(code: string | undefined): string | null {
  return TOO_MANY[code ?? ''] ?? null;
}

/** Whether so many nodes came up bad that more of them would only cost money. */
export function breaksCircuit(nodes: {
  /** Replaced so far, and how many the run wants at a time. */
  replaced: number;
  need: number;
  tasksCompleted: number;
}): boolean {
  const round = Math.max(3, nodes.need);
  // A pool on which tasks do end is worth more patience.
  return nodes.replaced >= (nodes.tasksCompleted > 0 ? 3 * round : round);
}
