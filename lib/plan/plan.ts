import type { ByteRange } from './chunks.ts';
import type { Drop } from './drop.ts';
import type { PackRule } from './fields/items.ts';
import { itemId, taskName } from './ids.ts';
import type { Pipeline } from './pipeline-schema.ts';
import type { RunError } from './run.ts';
import { assignments, type Variables } from './variables.ts';

/** A blob, and the version of it that was planned. */
export interface Input {
  container: string;
  name: string;
  etag: string;
  size: number;
}

/** One unit of work; what it is made of decides what its command finds. */
export interface Item {
  id: string;
  /** The blob that it is, or is a part of; null when it is made of values alone. */
  input: Input | null;
  /** The part of the blob. */
  range?: ByteRange;
  /** The text of that part, which was read when it was planned; without it a task fetches the part. */
  line?: string;
  /** What reaches the command besides, by the names of variables. */
  values?: Variables;
}

/** How a task gets the item's input: staged whole, written from the plan, fetched in part, or not at all. */
export function stagingOf({ input, range, line }: Item): 'file' | 'line' | 'range' | 'none' {
  if (line !== undefined) return 'line';
  if (!input) return 'none';
  return range ? 'range' : 'file';
}

/** The bytes that an item is of, 0 where it has no input. */
export function sizeOf({ input, range }: Item): number {
  return range ? range.end - range.start : (input?.size ?? 0);
}

/** Bytes that travel with a task for an item. */
export function carriedBytes({ line, values }: Item): number {
  return Buffer.byteLength(line ?? '') + (values ? Buffer.byteLength(assignments(values)) : 0);
}

/** Bytes that may travel with a task, whose request to Batch may have less than 1 MB even if each byte is escaped. */
const MOST_CARRIED = 128 * 1024;

/** One Batch task of a plan; all of its items are at the same attempt. */
export interface PlannedTask {
  task: string;
  attempt: number;
  /** Attempts before this one that count against `tasks.retry`; a redrive begins again at 0. */
  tried: number;
  items: Item[];
}

/**
 * A part of a plan that one activity submits: NDJSON of `PlannedTask`, named by its content. `first` and `last` are the
 * ids of its first and last item, and every one of its items lies between.
 */
export interface Slab {
  index: number;
  blob: string;
  tasks: number;
  items: number;
  first: string;
  last: string;
}

/** Items of one block that an earlier run has made: NDJSON of their entries in the manifest, named by its content. */
export interface Reused {
  block: number;
  blob: string;
  items: number;
  /** The runs that made them. */
  runs: string[];
}

/** `plan.json`: what a run does; committed first wins. */
export interface Plan {
  run: string;
  items: number;
  tasks: number;
  slabs: Slab[];
  pool: { nodes: number };
  /** Items that did not change and do not run; the others are in `slabs`. */
  reused?: Reused[];
  /** What fingerprints begin with, where unchanged items are skipped. */
  settings?: string;
  /** Why nothing could be planned. */
  error?: RunError;
}

/**
 * `rounds/{n}.json`: tasks that come after the plan's, which is round 1; committed first wins. `notBefore` in
 * milliseconds since 1970; `nodes` is how large the pool of a redrive is.
 */
export interface Round {
  round: number;
  generation: number;
  reason: string;
  slabs: Slab[];
  notBefore: number;
  nodes?: number;
}

/** Items in a block, which is what a part of the manifest covers; a slab of the plan never crosses into the next one. */
export const BLOCK_ITEMS = 10_000;

/** The block that an item is in: 0 for 000001 to 009999, since ids that begin alike are listed together. */
export function blockOf(id: string): number {
  return Math.floor(Number(id) / BLOCK_ITEMS);
}

/** Items of a plan that do not run. */
export function reusedItems({ reused = [] }: Pick<Plan, 'reused'>): number {
  return reused.reduce((sum, { items }) => sum + items, 0);
}

/** How many blocks so many items are in. */
export function blockCount(items: number): number {
  return items === 0 ? 0 : Math.floor(items / BLOCK_ITEMS) + 1;
}

/** Slabs of some rounds that may have items of a block. */
export function slabsWithin(rounds: readonly Round[], block: number): Slab[] {
  return rounds
    .flatMap(({ slabs }) => slabs)
    .filter(({ first, last }) => blockOf(first) <= block && blockOf(last) >= block);
}

/** What the ids of a block's items begin with. */
export function blockPrefix(block: number): string {
  return block === 0 ? '00' : String(block).padStart(2, '0');
}

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

/** An item that is to go into a task, with what it has behind it; `alone` keeps it out of packs. */
export interface Candidate {
  item: Item;
  attempt: number;
  tried: number;
  alone?: boolean;
}

/** The items of a plan, none of which was tried before. */
export function untried(items: readonly Item[]): Candidate[] {
  return items.map((item) => ({ item, attempt: 1, tried: 0 }));
}

/**
 * Groups items into tasks and tasks into slabs, in the order of their ids; a task has items of one attempt only.
 * `firstSlab` keeps task ids apart between rounds. With `aligned` a slab ends where its block does.
 */
export function pack(
  candidates: readonly Candidate[],
  options: { rule: PackRule; firstSlab: number; aligned: boolean },
): PlannedTask[][] {
  const slabs: PlannedTask[][] = [];
  for (const group of slabsOf(candidates, options.aligned)) {
    const slab = options.firstSlab + slabs.length;
    slabs.push(
      tasksOf(group, options.rule).map(([first, ...rest], seq) => ({
        task: taskName(slab, seq, first.attempt),
        attempt: first.attempt,
        tried: first.tried,
        items: [first, ...rest].map(({ item }) => item),
      })),
    );
  }
  return slabs;
}

/** At most a block's number of items each. */
function* slabsOf(candidates: readonly Candidate[], aligned: boolean): Generator<Candidate[]> {
  let slab: Candidate[] = [];
  for (const candidate of candidates) {
    const [first] = slab;
    const crossing = aligned && first && blockOf(first.item.id) !== blockOf(candidate.item.id);
    if (slab.length === BLOCK_ITEMS || crossing) {
      yield slab;
      slab = [];
    }
    slab.push(candidate);
  }
  if (slab.length > 0) yield slab;
}

type Group = [Candidate, ...Candidate[]];

function tasksOf(candidates: readonly Candidate[], rule: PackRule): Group[] {
  const tasks: Group[] = [];
  const open = new Map<string, { group: Group; bytes: number; carried: number }>();
  for (const candidate of candidates) {
    const kind = `${candidate.attempt} ${candidate.tried}`;
    const [bytes, carried] = [sizeOf(candidate.item), carriedBytes(candidate.item)];
    const task = candidate.alone ? undefined : open.get(kind);
    const fits =
      task &&
      task.group.length < rule.count &&
      task.bytes + bytes <= (rule.bytes ?? Infinity) &&
      task.carried + carried <= MOST_CARRIED;
    if (fits) {
      task.group.push(candidate);
      task.bytes += bytes;
      task.carried += carried;
      continue;
    }
    const group: Group = [candidate];
    tasks.push(group);
    if (!candidate.alone) open.set(kind, { group, bytes, carried });
  }
  return tasks;
}

/** Nodes for a run: enough slots for every task at once, within the pipeline's limit. */
export function poolNodes(pipeline: Pipeline, tasks: number): number {
  const wanted = Math.ceil(tasks / pipeline.pool.slots);
  return Math.max(1, Math.min(wanted, pipeline.pool.nodes.max));
}

/** Failed items that a run may have; a share is of all items, rounded down, and without `tolerate` it is none. */
export function toleratedFailures({ tolerate }: Pipeline, items: number): number {
  if (!tolerate) return 0;
  return 'count' in tolerate ? tolerate.count : Math.floor((items * tolerate.percent) / 100);
}

/** Whether so many failures for good make it useless to go on; only a run that was told what to tolerate ends early. */
export function isHopeless(pipeline: Pipeline, items: number, failed: number): boolean {
  return pipeline.tolerate !== undefined && failed > toleratedFailures(pipeline, items);
}
