/** A node as far as planning asks. */
export interface Space {
  readonly usedSlots: number;
}

/** How a pool spreads tasks over its nodes. */
export interface Filling {
  taskSlotsPerNode: number;
  fill: 'Spread' | 'Pack';
}

/** A task that waits. */
export interface Waiting {
  seq: number;
  slots: number;
  /** Runs alone on its node. */
  exclusive?: boolean;
}

/** A job's waiting tasks. */
export interface Queue<N> {
  /** How many more tasks of the job may run. */
  room: number;
  /** The first waiting task of each number of slots, oldest first. */
  heads(): Waiting[];
  /** Takes one of the heads out of the queue. */
  take(task: Waiting): void;
  /** Whether no task of the job may run on a node. */
  refuses(node: N): boolean;
}

/** A task, the node for it, and the slots that it takes there. */
export interface Planned<N, Q> {
  queue: Q;
  task: Waiting;
  node: N;
  held: number;
}

/**
 * Which waiting tasks to start where. Queues come in the order of their jobs' priority; a task that fits nowhere lets
 * later ones of its job pass. With Spread the node with the most free slots is taken, with Pack the fullest that still
 * fits; the first among equals. Takes what it plans out of the queues, and at most `limit` tasks.
 */
export function planTasks<N extends Space, Q extends Queue<N>>(
  nodes: readonly N[],
  queues: readonly Q[],
  pool: Filling,
  limit: number,
): Planned<N, Q>[] {
  const used = new Map(nodes.map((node) => [node, node.usedSlots]));
  const planned: Planned<N, Q>[] = [];
  for (const queue of queues) {
    for (let room = queue.room; room > 0 && planned.length < limit; room--) {
      const next = planNext(used, queue, pool);
      if (next === undefined) break;
      queue.take(next.task);
      const slots = (used.get(next.node) ?? 0) + next.held;
      // A full node need not be looked at again.
      if (slots < pool.taskSlotsPerNode) used.set(next.node, slots);
      else used.delete(next.node);
      planned.push(next);
    }
  }
  return planned;
}

function planNext<N, Q extends Queue<N>>(
  used: ReadonlyMap<N, number>,
  queue: Q,
  pool: Filling,
): Planned<N, Q> | undefined {
  for (const task of queue.heads()) {
    const held = task.exclusive === true ? pool.taskSlotsPerNode : task.slots;
    // A task that runs alone may ask for more than its node has of slots, but must not get it.
    if (task.slots > pool.taskSlotsPerNode) continue;
    const node = findNode(used, pool, { held, refuses: (one) => queue.refuses(one) });
    if (node !== undefined) return { queue, task, node, held };
  }
  return undefined;
}

function findNode<N>(
  used: ReadonlyMap<N, number>,
  { taskSlotsPerNode, fill }: Filling,
  { held, refuses }: { held: number; refuses: (node: N) => boolean },
): N | undefined {
  let best: N | undefined;
  let bestUsed = 0;
  for (const [node, slots] of used) {
    if (taskSlotsPerNode - slots < held || refuses(node)) continue;
    const better = fill === 'Pack' ? slots > bestUsed : slots < bestUsed;
    if (best !== undefined && !better) continue;
    best = node;
    bestUsed = slots;
  }
  return best;
}
