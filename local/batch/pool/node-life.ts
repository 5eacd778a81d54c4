import { randomBytes } from 'node:crypto';
import type { Account, Node, Pool } from '../account.ts';
import { makeNodeDirectories } from '../node/directories.ts';
import type { NodeState } from '../store/documents.ts';

/** Adds a node to a pool, in the state creating. */
export function addNode(account: Account, pool: Pool, dedicated: boolean): Node {
  const now = account.clock.stamp();
  const id = `tvmps_${randomBytes(32).toString('hex')}_${dedicated ? 'd' : 'p'}`;
  return account.live.addNode(pool, {
    id,
    dedicated,
    state: 'creating',
    stateAt: now,
    allocated: now,
    booted: undefined,
    ipAddress: freeAddress(pool),
    totalTasksRun: 0,
    totalTasksSucceeded: 0,
  });
}

/** Takes a node from creating over starting to idle. */
export function bootNode(account: Account, node: Node): void {
  account.clock.startTimer(account.delays.creating, () => {
    if (!isThere(account, node, 'creating')) return;
    setNodeState(account, node, 'starting');
    node.doc.booted = node.doc.stateAt;
    account.clock.startTimer(account.delays.starting, () => finishBoot(account, node));
  });
}

async function finishBoot(account: Account, node: Node): Promise<void> {
  await makeNodeDirectories(node.root);
  if (!isThere(account, node, 'starting')) return;
  setNodeState(account, node, 'idle');
  account.schedule();
}

/** Changes a node's state and when it did. */
export function setNodeState(account: Account, node: Node, state: NodeState): void {
  node.doc = { ...node.doc, state, stateAt: account.clock.stamp() };
  account.db.changed(node);
}

function isThere(account: Account, node: Node, state: NodeState): boolean {
  return !account.closing && node.doc.state === state && node.pool.nodes.has(node.doc.id);
}

function freeAddress(pool: Pool): string {
  // Azure keeps the first four addresses of a subnet to itself.
  const taken = new Set([...pool.nodes.values()].map((node) => node.doc.ipAddress));
  for (let number = 4; ; number++) {
    const address = `10.0.${number >> 8}.${number & 255}`;
    if (!taken.has(address)) return address;
  }
}
