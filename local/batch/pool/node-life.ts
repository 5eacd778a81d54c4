import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { Account, Node, Pool } from '../account.ts';
import { inBackground } from '../background.ts';
import { drawNodeFaults } from '../faults/node-faults.ts';
import { forgetPreparations } from '../job/job-nodes.ts';
import type { Deallocation, NodeState } from '../store/documents.ts';
import { bootNodeSoftware } from './boot.ts';
import { clearNode } from './clear-node.ts';

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
    ipAddress: nextAddress(pool),
    totalTasksRun: 0,
    totalTasksSucceeded: 0,
  });
}

/** Takes a new node from creating over starting, and its pool's start task, to idle. */
export function bootNode(account: Account, node: Node): void {
  account.clock.startTimer(account.delays.creating, () => {
    if (isThere(account, node, 'creating')) startNode(account, node);
  });
}

/** Restarts a node: its tasks end as chosen, its files stay, its start task runs again. */
export function rebootNode(account: Account, node: Node, option: Deallocation): void {
  setNodeState(account, node, 'rebooting');
  const restart = async (): Promise<void> => {
    await clearNode(account, node, option);
    if (!isThere(account, node, 'rebooting')) return;
    forgetPreparations(account, node, false);
    account.schedule();
    startNode(account, node);
  };
  void inBackground(account, `Node ${node.doc.id} could not be restarted`, restart());
}

/** Draws anew what befalls nodes, because the knobs have changed or this process has started. */
export function armNodes(account: Account): void {
  for (const pool of account.pools.values()) {
    for (const node of pool.nodes.values()) if (isUp(node)) armNode(account, node);
  }
}

/**
 * Takes the machine of a node away, as happens to low-priority ones: its tasks run again elsewhere, which counts as
 * nothing, its disk is gone, and the node comes back under its id when there is a machine again.
 */
export async function preemptNode(account: Account, node: Node): Promise<void> {
  await loseNode(account, node, 'preempted');
  comeBack(account, node, { from: 'preempted', after: account.delays.allocation });
}

/** Stops a node as a crash does: its tasks run again, and it starts again after a while. */
export async function failNode(account: Account, node: Node): Promise<void> {
  await loseNode(account, node, 'unknown');
  comeBack(account, node, { from: 'unknown', after: account.delays.creating });
}

/** Loses a node for good: its tasks run again elsewhere, and it stays unusable until its pool lets go of it. */
export async function spoilNode(account: Account, node: Node): Promise<void> {
  await loseNode(account, node, 'unusable');
}

/** Changes a node's state and when it did. */
export function setNodeState(account: Account, node: Node, state: NodeState): void {
  node.doc = { ...node.doc, state, stateAt: account.clock.stamp() };
  account.db.changed(node);
}

function startNode(account: Account, node: Node): void {
  setNodeState(account, node, 'starting');
  node.doc.booted = node.doc.stateAt;
  account.clock.startTimer(account.delays.starting, () => {
    if (isThere(account, node, 'starting')) beginBoot(account, node);
  });
}

function beginBoot(account: Account, node: Node): void {
  const abort = new AbortController();
  const { signal } = abort;
  const booting = (): boolean =>
    !signal.aborted &&
    !account.closing &&
    (node.doc.state === 'starting' || node.doc.state === 'waitingforstarttask');
  const events = {
    ready: () => {
      if (!booting()) return;
      setNodeState(account, node, 'idle');
      armNode(account, node);
      account.schedule();
    },
    state: (state: NodeState) => {
      if (booting()) setNodeState(account, node, state);
    },
  };
  const boot = bootNodeSoftware(account, node, { signal, events });
  const done = inBackground(account, `Node ${node.doc.id} could not start`, boot).finally(
    () => (node.activity = undefined),
  );
  node.activity = { abort, done };
}

function armNode(account: Account, node: Node): void {
  const { faults } = account.controls;
  const { knobs } = faults;
  const since = node.doc.booted;
  for (const { kind, milliseconds } of drawNodeFaults(faults, node.doc.dedicated)) {
    account.clock.startLimit(milliseconds, () => {
      // It has started anew, or other knobs hold: then there is another draw.
      if (!isUp(node) || node.doc.booted !== since || faults.knobs !== knobs) return undefined;
      return kind === 'preemption' ? preemptNode(account, node) : failNode(account, node);
    });
  }
}

async function loseNode(
  account: Account,
  node: Node,
  state: 'preempted' | 'unknown' | 'unusable',
): Promise<void> {
  setNodeState(account, node, state);
  await clearNode(account, node, 'recovery');
  if (account.closing) return;
  await account.clock.hold(rm(node.root, { recursive: true, force: true }));
  if (account.closing) return;
  node.packages.clear();
  forgetPreparations(account, node, true);
  account.schedule();
}

function comeBack(
  account: Account,
  node: Node,
  { from, after }: { from: NodeState; after: number },
): void {
  if (account.closing) return;
  account.clock.startTimer(after, () => {
    if (!isThere(account, node, from)) return;
    setNodeState(account, node, 'creating');
    bootNode(account, node);
  });
}

function isUp(node: Node): boolean {
  return !node.removed && (node.doc.state === 'idle' || node.doc.state === 'running');
}

function isThere(account: Account, node: Node, state: NodeState): boolean {
  return !account.closing && node.doc.state === state && node.pool.nodes.has(node.doc.id);
}

/** Addresses are of a pool's own subnet, and none is given twice. */
function nextAddress({ lastAddress }: Pool): string {
  const number = lastAddress + 1;
  return `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
}
