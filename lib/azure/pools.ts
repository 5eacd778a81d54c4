import type { BatchServiceModels } from '@azure/batch';
import { SluiceError } from '../errors.ts';
import type { PoolState } from '../plan/capacity.ts';
import { batchCall, batchCode } from './batch.ts';
import { isOurs } from './owner.ts';

export type PoolSpec = BatchServiceModels.PoolAddParameter;

/** Adds a pool of our run; one that is there already must be ours. False while one is being deleted. */
export async function ensurePool(spec: PoolSpec, run: string): Promise<boolean> {
  const { id } = spec;
  try {
    await batchCall(`Adding pool ${id}`, (client) => client.pool.add(spec));
    return true;
  } catch (error) {
    const code = batchCode(error);
    if (code === 'PoolBeingDeleted') return false;
    if (code !== 'PoolExists') throw error;
    const pool = await batchCall(`Reading pool ${id}`, (client) => client.pool.get(id));
    if (isOurs(pool.metadata, run)) return pool.state !== 'deleting';
    const message = `Pool ${id} exists and belongs to something else; delete it and drop the files again.`;
    throw new SluiceError('BatchRefused', message, { cause: error });
  }
}

/** A pool's nodes and what Batch said when it looked for them; null when there is no such pool, or no more. */
export async function poolState(id: string): Promise<PoolState | null> {
  const select =
    'state,allocationState,currentDedicatedNodes,targetDedicatedNodes,currentLowPriorityNodes,targetLowPriorityNodes,resizeErrors';
  try {
    const pool = await batchCall(`Looking at pool ${id}`, (client) =>
      client.pool.get(id, { poolGetOptions: { select } }),
    );
    if (pool.state === 'deleting') return null;
    return {
      allocation: pool.allocationState ?? 'steady',
      have: (pool.currentDedicatedNodes ?? 0) + (pool.currentLowPriorityNodes ?? 0),
      need: (pool.targetDedicatedNodes ?? 0) + (pool.targetLowPriorityNodes ?? 0),
      errors: (pool.resizeErrors ?? []).map(({ code = 'Unknown', message = '' }) => ({
        code,
        message,
      })),
    };
  } catch (error) {
    if (batchCode(error) === 'PoolNotFound') return null;
    throw error;
  }
}

/** How many nodes of which kind a pool is to have. */
export type NodeTargets = { targetDedicatedNodes: number } | { targetLowPriorityNodes: number };

/** So many nodes of the kind that a pipeline asks for: Batch calls those of spare capacity low-priority, Spot ones too. */
export function nodeTargets({ spot }: { spot: boolean }, nodes: number): NodeTargets {
  return spot ? { targetLowPriorityNodes: nodes } : { targetDedicatedNodes: nodes };
}

/** Asks for so many nodes; while a pool is being resized already, that goes on instead. */
export async function resizePool(id: string, targets: NodeTargets): Promise<void> {
  try {
    await batchCall(`Resizing pool ${id}`, (client) =>
      client.pool.resize(id, { ...targets, nodeDeallocationOption: 'requeue' }),
    );
  } catch (error) {
    if (batchCode(error) !== 'PoolBeingResized') throw error;
  }
}

/** Asks for a pool to be deleted; whether it is gone already. */
export async function deletePool(id: string): Promise<boolean> {
  try {
    await batchCall(`Deleting pool ${id}`, (client) => client.pool.deleteMethod(id));
    return false;
  } catch (error) {
    const code = batchCode(error);
    if (code === 'PoolNotFound') return true;
    if (code === 'PoolBeingDeleted') return false;
    throw error;
  }
}

/** Every pool of the account, page after page, with the members that `select` names. */
export async function* listPools(
  select = 'id,state,metadata,creationTime',
): AsyncGenerator<BatchServiceModels.CloudPool> {
  const options = { poolListOptions: { select, maxResults: 1000 } };
  let page = await batchCall('Listing pools', (client) => client.pool.list(options));
  yield* page;
  while (page.odatanextLink) {
    const link = page.odatanextLink;
    page = await batchCall('Listing pools', (client) => client.pool.listNext(link));
    yield* page;
  }
}
