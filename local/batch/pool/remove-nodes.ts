import { rm } from 'node:fs/promises';
import type { Account, Node } from '../account.ts';
import { clearNode } from './clear-node.ts';
import type { Deallocation } from '../store/documents.ts';
import { setNodeState } from './node-life.ts';

/** Takes nodes out of their pool; resolves when they are gone, with their tasks, processes and files. */
export async function removeNodes(
  account: Account,
  nodes: readonly Node[],
  option: Deallocation,
): Promise<void> {
  for (const node of nodes) setNodeState(account, node, 'leavingpool');
  await Promise.all(nodes.map((node) => removeNode(account, node, option)));
  account.schedule();
}

async function removeNode(account: Account, node: Node, option: Deallocation): Promise<void> {
  await clearNode(account, node, option);
  if (account.closing) return;
  await account.clock.hold(rm(node.root, { recursive: true, force: true }));
  if (account.closing) return;
  addCoreTime(account, node);
  account.live.remove(node);
}

function addCoreTime(account: Account, { pool, doc }: Node): void {
  if (!doc.dedicated) return;
  const stayed = account.clock.stamp() - doc.allocated;
  pool.doc.goneNodeMicroseconds = (pool.doc.goneNodeMicroseconds ?? 0) + stayed;
  account.db.changed(pool);
}
