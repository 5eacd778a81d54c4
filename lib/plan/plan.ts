import type { Drop } from './drop.ts';
import { itemId, taskName } from './ids.ts';
import type { Pipeline } from './pipeline-schema.ts';

/** One unit of input, and the version of it that was planned. */
export interface Item {
  id: string;
  input: { container: string; name: string; etag: string; size: number };
}

/** One Batch task of a plan; all of its items are at the same attempt. */
export interface PlannedTask {
  task: string;
  attempt: number;
  items: Item[];
}

/** A part of a plan that one activity submits: NDJSON of `PlannedTask`, named by its content. */
export interface Slab {
  index: number;
  blob: string;
  tasks: number;
  items: number;
}

/** `plan.json`: what a run does; committed first wins. */
export interface Plan {
  run: string;
  items: number;
  tasks: number;
  slabs: Slab[];
  pool: { nodes: number };
}

/** `rounds/{n}.json`: tasks that come after the plan's, committed first wins. */
export interface Round {
  round: number;
  reason: string;
  slabs: Slab[];
}

/** Tasks per slab: what one activity submits in well under five minutes. */
export const SLAB_TASKS = 10_000;

/** Items in the order of their names, so that a plan depends on its inputs alone. */
export function expand(drops: readonly Drop[]): Item[] {
  return drops
    .toSorted((a, b) => compare(a.name, b.name) || compare(a.etag, b.etag))
    .map(({ container, name, etag, size }, index) => ({
      id: itemId(index),
      input: { container, name, etag, size },
    }));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Groups items into tasks and tasks into slabs; `firstSlab` keeps task ids apart between rounds. */
export function pack(
  items: readonly Item[],
  options: { perTask: number; attempt: number; firstSlab: number },
): PlannedTask[][] {
  const slabs: PlannedTask[][] = [];
  for (let start = 0, seq = 0; start < items.length; start += options.perTask, seq++) {
    const slab = Math.floor(seq / SLAB_TASKS);
    const task = taskName(options.firstSlab + slab, seq % SLAB_TASKS, options.attempt);
    const planned = {
      task,
      attempt: options.attempt,
      items: items.slice(start, start + options.perTask),
    };
    (slabs[slab] ??= []).push(planned);
  }
  return slabs;
}

/** Nodes for a run: enough slots for every task at once, within the pipeline's limit. */
export function poolNodes(pipeline: Pipeline, tasks: number): number {
  const wanted = Math.ceil(tasks / pipeline.pool.slots);
  return Math.max(1, Math.min(wanted, pipeline.pool.nodes.max));
}

/** Failed items that a run may have; a share is of all items, rounded down. */
export function toleratedFailures(pipeline: Pipeline, items: number): number {
  const { tolerate } = pipeline;
  return 'count' in tolerate ? tolerate.count : Math.floor((items * tolerate.percent) / 100);
}
