import type { Account, Node, Pool } from '../account.ts';
import { inBackground } from '../background.ts';
import { allocationDelay, grantNodes } from '../faults/allocation.ts';
import type { PoolDocument } from '../store/documents.ts';
import { limitMilliseconds } from '../time/duration.ts';
import { addNode, bootNode } from './node-life.ts';
import { removeNodes } from './remove-nodes.ts';

/** Sets a pool's targets and works towards them; nothing to do is steady at once. */
export function resizePool(
  account: Account,
  pool: Pool,
  change: Partial<
    Pick<
      PoolDocument,
      'targetDedicatedNodes' | 'targetLowPriorityNodes' | 'deallocation' | 'resizeTimeout'
    >
  >,
): void {
  const now = account.clock.stamp();
  pool.doc = { ...pool.doc, ...change, resizeErrors: [], modified: now };
  account.db.changed(pool);
  continueResize(account, pool);
}

/** Whether a pool has other targets than these, or not yet the nodes that they ask for. */
export function differsFrom(
  pool: Pool,
  targets: Pick<PoolDocument, 'targetDedicatedNodes' | 'targetLowPriorityNodes'>,
): boolean {
  const { targetDedicatedNodes: dedicated, targetLowPriorityNodes: lowPriority } = targets;
  return (
    pool.doc.targetDedicatedNodes !== dedicated ||
    pool.doc.targetLowPriorityNodes !== lowPriority ||
    missing(pool, true) !== 0 ||
    missing(pool, false) !== 0
  );
}

/** Works towards a pool's targets, also after a restart. */
export function continueResize(account: Account, pool: Pool): void {
  pool.cancel?.();
  if (missing(pool, true) === 0 && missing(pool, false) === 0) {
    setAllocationState(account, pool, 'steady');
    return;
  }
  setAllocationState(account, pool, 'resizing');
  const delay = allocationDelay(account, pool);
  const limit = limitMilliseconds(pool.doc.resizeTimeout) ?? Infinity;
  pool.cancel = account.clock.startTimer(Math.min(delay, limit), () => {
    if (delay > limit) return timeOut(account, pool);
    const what = `Pool ${pool.doc.id} could not be resized`;
    void inBackground(account, what, allocate(account, pool));
  });
}

/** Gives a resize up that takes longer than it may: nodes that are there stay. */
function timeOut(account: Account, pool: Pool): void {
  pool.cancel = undefined;
  const message = 'Desired number of nodes could not be allocated within the resize timeout';
  pool.doc = { ...pool.doc, resizeErrors: [{ code: 'AllocationTimedout', message }] };
  setAllocationState(account, pool, 'steady');
}

/** Stops a resize where it is: nodes that are there stay. */
export function stopResize(account: Account, pool: Pool): void {
  pool.cancel?.();
  pool.cancel = undefined;
  setAllocationState(account, pool, 'stopping');
  const message = 'The resize operation was stopped by the user';
  pool.doc = {
    ...pool.doc,
    modified: account.clock.stamp(),
    resizeErrors: [{ code: 'ResizeStopped', message }],
  };
  pool.cancel = account.clock.startTimer(account.delays.allocation, () =>
    setAllocationState(account, pool, 'steady'),
  );
}

/** Changes a pool's allocation state and when it did. */
export function setAllocationState(
  account: Account,
  pool: Pool,
  state: PoolDocument['allocationState'],
): void {
  if (pool.doc.allocationState === state) return;
  pool.doc = { ...pool.doc, allocationState: state, allocationStateAt: account.clock.stamp() };
  account.db.changed(pool);
}

/** The pool's nodes of a kind that are not about to leave. */
export function stayingNodes(pool: Pool, dedicated: boolean): Node[] {
  return [...pool.nodes.values()].filter(
    (node) => node.doc.dedicated === dedicated && node.doc.state !== 'leavingpool',
  );
}

function missing(pool: Pool, dedicated: boolean): number {
  const target = dedicated ? pool.doc.targetDedicatedNodes : pool.doc.targetLowPriorityNodes;
  return target - stayingNodes(pool, dedicated).length;
}

async function allocate(account: Account, pool: Pool): Promise<void> {
  pool.cancel = undefined;
  const leaving: Node[] = [];
  for (const dedicated of [true, false]) {
    const change = missing(pool, dedicated);
    if (change > 0) addNodes(account, pool, { dedicated, wanted: change });
    if (change < 0) leaving.push(...leastBusy(stayingNodes(pool, dedicated), -change));
  }
  await removeNodes(account, leaving, pool.doc.deallocation);
  if (account.closing || pool.doc.state !== 'active' || pool.doc.allocationState !== 'resizing') {
    return;
  }
  setAllocationState(account, pool, 'steady');
}

function addNodes(
  account: Account,
  pool: Pool,
  wish: { dedicated: boolean; wanted: number },
): void {
  const { nodes, errors } = grantNodes(account, pool, wish);
  for (let index = 0; index < nodes; index++) {
    bootNode(account, addNode(account, pool, wish.dedicated));
  }
  if (errors.length === 0) return;
  pool.doc = { ...pool.doc, resizeErrors: [...pool.doc.resizeErrors, ...errors] };
  account.db.changed(pool);
}

function leastBusy(nodes: readonly Node[], number: number): Node[] {
  return nodes.toSorted((a, b) => a.usedSlots - b.usedSlots || b.row - a.row).slice(0, number);
}
