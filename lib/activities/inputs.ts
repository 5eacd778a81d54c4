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

/** Inputs up to which each is looked at by itself once a page of others was listed: there may be any number of these. */
const LOOKED_AT_ONE_BY_ONE = 200;
const PAGE = 5000;
const IN_FLIGHT = 16;

/** Items in groups, as they are read. */
type Items = AsyncIterable<Item[]>;

/** Which inputs of `count` items were overwritten since they were planned; those that are gone are not among them. */
export async function changedInputs(count: number, groups: Items): Promise<ChangedInput[]> {
  if (count > LOOKED_AT_ONE_BY_ONE) return lookThrough(await known(groups), Infinity);
  const items: Item[] = [];
  for await (const group of groups) items.push(...group);
  try {
    return await lookThrough(await known(once(items)), PAGE);
  } catch (error) {
    if (!(error instanceof TooManyOthers)) throw error;
    return lookAtEach(items);
  }
}

class TooManyOthers extends Error {}

/** Some items as a group of their own. */
export async function* once(items: Item[]): Items {
  yield items;
}

/** The items of some slabs. */
export async function* itemsOf(run: string, slabs: Slab[]): Items {
  for (const slab of slabs) yield (await readSlab(run, slab)).flatMap(({ items }) => items);
}

async function lookAtEach(items: Item[]): Promise<ChangedInput[]> {
  const changed: ChangedInput[] = [];
  await eachLimited(items, IN_FLIGHT, async ({ input }) => {
    const now = await stat(await container(input.container), input.name);
    if (now && now.etag !== input.etag) changed.push(entry({ ...now, name: input.name }));
  });
  return changed;
}

/** What was planned, with two numbers for each input, since there may be a million of them. */
interface Known {
  names: Set<number>;
  versions: Set<number>;
  where: { container: string; prefix: string } | undefined;
}

async function known(groups: Items): Promise<Known> {
  const names = new Set<number>();
  const versions = new Set<number>();
  let where: Known['where'];
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
  return { names, versions, where };
}

/** One listing for all. Throws `TooManyOthers` when it has more than `most` blobs. */
async function lookThrough(
  { names, versions, where }: Known,
  most: number,
): Promise<ChangedInput[]> {
  const changed: ChangedInput[] = [];
  if (!where) return changed;
  let listed = 0;
  for await (const blob of list(await container(where.container), where.prefix)) {
    listed += 1;
    if (listed > most) throw new TooManyOthers();
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
