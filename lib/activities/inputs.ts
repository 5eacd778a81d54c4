import { list, type Listed, stat } from '../azure/blobs.ts';
import { container } from '../azure/storage.ts';
import { sha256 } from '../plan/ids.ts';
import type { Item, Slab } from '../plan/plan.ts';
import { eachLimited } from '../store/concurrency.ts';
import { readSlab } from '../store/rounds.ts';

/** An input that is not the planned version any more; `changedAt` in seconds since 1970. */
export interface ChangedInput {
  name: string;
  etag: string;
  size: number;
  changedAt: number;
}

/** Inputs up to which each is looked at by itself: the container may hold any number of others. */
const LOOKED_AT_ONE_BY_ONE = 200;
const IN_FLIGHT = 16;

/** Items in groups, as they are read. */
type Items = AsyncIterable<Item[]>;

/** Which inputs of `count` items were overwritten since they were planned; those that are gone are not among them. */
export function changedInputs(count: number, items: Items): Promise<ChangedInput[]> {
  return count <= LOOKED_AT_ONE_BY_ONE ? lookAtEach(items) : lookThrough(items);
}

/** The items of some slabs. */
export async function* itemsOf(run: string, slabs: Slab[]): Items {
  for (const slab of slabs) yield (await readSlab(run, slab)).flatMap(({ items }) => items);
}

async function lookAtEach(groups: Items): Promise<ChangedInput[]> {
  const changed: ChangedInput[] = [];
  for await (const items of groups) {
    await eachLimited(items, IN_FLIGHT, async ({ input }) => {
      const now = await stat(await container(input.container), input.name);
      if (now && now.etag !== input.etag) changed.push(entry({ ...now, name: input.name }));
    });
  }
  return changed;
}

/** One listing for all; of a million inputs only two numbers each are kept in memory. */
async function lookThrough(groups: Items): Promise<ChangedInput[]> {
  const names = new Set<number>();
  const versions = new Set<number>();
  let where: { container: string; prefix: string } | undefined;
  for await (const items of groups) {
    for (const { input } of items) {
      names.add(digest(input.name));
      versions.add(digest(`${input.name}\n${input.etag}`));
      where = {
        container: input.container,
        prefix: where ? commonPrefix(where.prefix, input.name) : input.name,
      };
    }
  }
  const changed: ChangedInput[] = [];
  if (!where) return changed;
  for await (const blob of list(await container(where.container), where.prefix)) {
    if (!names.has(digest(blob.name))) continue;
    if (!versions.has(digest(`${blob.name}\n${blob.etag}`))) changed.push(entry(blob));
  }
  return changed;
}

function entry({ name, etag, size, changedAt }: Omit<Listed, 'md5' | 'metadata'>): ChangedInput {
  return { name, etag, size, changedAt: Math.floor(changedAt / 1000) };
}

/** 52 bits: two of a million names are the same with a chance of one in ten thousand, and are then only looked at. */
function digest(text: string): number {
  return Number.parseInt(sha256(text).slice(0, 13), 16);
}

/** Cut before a half character, which no listing could be asked for. */
function commonPrefix(a: string, b: string): string {
  const [left, right] = [[...a], [...b]];
  const length = left.findIndex((character, index) => character !== right[index]);
  return left.slice(0, length === -1 ? left.length : length).join('');
}
