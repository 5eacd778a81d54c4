import type { BatchServiceModels } from '@azure/batch';
import { SluiceError } from '../errors.ts';
import { batchCall, batchCode } from './batch.ts';

export type PoolSpec = BatchServiceModels.PoolAddParameter;

/** Metadata by which pools and jobs name their run. */
export const RUN_METADATA = 'sluice:run';

/** Adds a pool of our run; one that is there already must be ours. */
export async function ensurePool(spec: PoolSpec, run: string): Promise<void> {
  const { id } = spec;
  try {
    await batchCall(`Adding pool ${id}`, (client) => client.pool.add(spec));
  } catch (error) {
    if (batchCode(error) !== 'PoolExists') throw error;
    const { metadata } = await batchCall(`Reading pool ${id}`, (client) => client.pool.get(id));
    if (isOurs(metadata, run)) return;
    const message = `Pool ${id} exists and belongs to something else; delete it and drop the files again.`;
    throw new SluiceError('BatchRefused', message, { cause: error });
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

/** Whether metadata of a pool or job names our run. */
export function isOurs(
  metadata: BatchServiceModels.MetadataItem[] | undefined,
  run: string,
): boolean {
  return metadata?.some(({ name, value }) => name === RUN_METADATA && value === run) === true;
}
