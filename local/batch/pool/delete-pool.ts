import type { Account, Pool } from '../account.ts';
import { removeNodes } from './remove-nodes.ts';
import { setAllocationState } from './resize.ts';

/** Deletes a pool: its running tasks go back to their jobs, its nodes leave, then it is gone. */
export function deletePool(account: Account, pool: Pool): void {
  const now = account.clock.stamp();
  pool.cancel?.();
  pool.cancelAutoScale?.();
  pool.cancel = undefined;
  pool.doc = {
    ...pool.doc,
    state: 'deleting',
    stateAt: now,
    modified: now,
    targetDedicatedNodes: 0,
    targetLowPriorityNodes: 0,
  };
  setAllocationState(account, pool, 'resizing');
  account.db.changed(pool);
  finishDeletePool(account, pool);
}

/** Goes on with the deletion of a pool, also after a restart. */
export function finishDeletePool(account: Account, pool: Pool): void {
  account.clock.soon(() => finish(account, pool));
}

async function finish(account: Account, pool: Pool): Promise<void> {
  await removeNodes(account, [...pool.nodes.values()], 'requeue');
  if (account.closing) return;
  account.pools.delete(pool.doc.id.toLowerCase());
  account.live.remove(pool);
}
