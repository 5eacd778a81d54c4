import type { Account, Node, Pool } from '../account.ts';
import type { Deallocation } from '../store/documents.ts';
import { removeNodes } from './remove-nodes.ts';
import { setAllocationState } from './resize.ts';

/** Takes chosen nodes out of a pool, whose targets become that much smaller. */
export function removeListed(
  account: Account,
  pool: Pool,
  { nodes, option }: { nodes: readonly Node[]; option: Deallocation },
): void {
  const dedicated = nodes.filter((node) => node.doc.dedicated).length;
  const { targetDedicatedNodes, targetLowPriorityNodes } = pool.doc;
  pool.doc = {
    ...pool.doc,
    // A pool may have fewer nodes than its targets, never fewer than none.
    targetDedicatedNodes: Math.max(0, targetDedicatedNodes - dedicated),
    targetLowPriorityNodes: Math.max(0, targetLowPriorityNodes - (nodes.length - dedicated)),
    resizeErrors: [],
    modified: account.clock.stamp(),
  };
  setAllocationState(account, pool, 'resizing');
  // From now on they are leaving, also after a restart.
  const gone = removeNodes(account, nodes, option);
  account.clock.startTimer(account.delays.allocation, () => finish(account, pool, gone));
}

async function finish(account: Account, pool: Pool, gone: Promise<void>): Promise<void> {
  await gone;
  if (!account.closing && pool.doc.allocationState === 'resizing') {
    setAllocationState(account, pool, 'steady');
  }
}
