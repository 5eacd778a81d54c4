/** A node as far as placing asks. */
export interface Space {
  usedSlots: number;
}

/**
 * The node for a task that needs `slots`: with Spread the one with the most free slots, with Pack the fullest that
 * still fits; the first among equals. Undefined when none fits.
 */
export function placeTask<T extends Space>(
  nodes: Iterable<T>,
  pool: { taskSlotsPerNode: number; fill: 'Spread' | 'Pack' },
  slots: number,
): T | undefined {
  let best: T | undefined;
  for (const node of nodes) {
    if (pool.taskSlotsPerNode - node.usedSlots < slots) continue;
    const better =
      best === undefined ||
      (pool.fill === 'Pack' ? node.usedSlots > best.usedSlots : node.usedSlots < best.usedSlots);
    if (better) best = node;
  }
  return best;
}
