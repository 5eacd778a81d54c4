import { list, type Listed, stat } from '../azure/blobs.ts';
import { existingContainer } from '../azure/download.ts';
import { statusOf } from '../azure/storage.ts';
import { sha256 } from '../plan/ids.ts';
import { inputKey } from '../plan/outcome.ts';
import { type Input, type Item, type Slab, stagingOf } from '../plan/plan.ts';
import { eachLimited } from '../store/concurrency.ts';
import { readSlab } from '../store/rounds.ts';

/** An input that is not the planned version any more; `changedAt` in seconds since 1970. */
export interface ChangedInput {
  container: string;
  name: string;
  etag: string;
  size: number;
  changedAt: number;
}

/** Blobs that are listed for each input, and for all of few, before each is looked at by itself: there may be any number of others. */
const LISTED_PER_INPUT = 10;
const PAGE = 5000;
const IN_FLIGHT = 16;

/** Items in groups, as they are read. */
type Items = AsyncIterable<Item[]> | Iterable<Item[]>;

/** Which inputs of `count` items were overwritten since they were planned; those that are gone are not among them. */
export async function changedInputs(count: number, groups: () => Items): Promise<ChangedInput[]> {
  try {
    return await lookThrough(await known(groups()), Math.max(PAGE, count * LISTED_PER_INPUT));
  } catch (error) {
    if (!(error instanceof TooManyOthers)) throw error;
    return lookAtEach(groups());
  }
}

class TooManyOthers extends Error {}

/** The items of some slabs. */
export async function* itemsOf(run: string, slabs: Slab[]): AsyncGenerator<Item[]> {
  for (const slab of slabs) yield (await readSlab(run, slab)).flatMap(({ items }) => items);
}

/** Inputs that Batch stages, which may be of any version by then. */
function stagedInputs(items: Item[]): Input[] {
  return items.flatMap((item) => (item.input && stagingOf(item) === 'file' ? [item.input] : []));
}

async function lookAtEach(groups: Items): Promise<ChangedInput[]> {
  const changed: ChangedInput[] = [];
  for await (const items of groups) {
    await eachLimited(stagedInputs(items), IN_FLIGHT, async (input) => {
      const now = await stat(await existingContainer(input.container), input.name);
      if (now && now.etag !== input.etag) {
        changed.push(entry(input.container, { ...now, name: input.name }));
      }
    });
  }
  return changed;
}

/** What was planned, with two numbers for each input, since there may be a million of them. */
interface Known {
  names: Set<number>;
  versions: Set<number>;
  /** What the names in each container begin with. */
  prefixes: Map<string, string>;
}

async function known(groups: Items): Promise<Known> {
  const names = new Set<number>();
  const versions = new Set<number>();
  const prefixes = new Map<string, string>();
  for await (const items of groups) {
    for (const input of stagedInputs(items)) {
      names.add(digest(inputKey(input)));
      versions.add(digest(`${inputKey(input)}\n${input.etag}`));
      const prefix = prefixes.get(input.container);
      prefixes.set(
        input.container,
        prefix === undefined ? input.name : commonPrefix(prefix, input.name),
      );
    }
  }
  return { names, versions, prefixes };
}

/** One listing for all in a container. Throws `TooManyOthers` when they have more than `most` blobs. */
async function lookThrough(
  { names, versions, prefixes }: Known,
  most: number,
): Promise<ChangedInput[]> {
  const changed: ChangedInput[] = [];
  let listed = 0;
  for (const [where, prefix] of prefixes) {
    for await (const blob of listExisting(where, prefix)) {
      listed += 1;
      if (listed > most) throw new TooManyOthers();
      const key = inputKey({ container: where, name: blob.name });
      if (!names.has(digest(key))) continue;
      if (!versions.has(digest(`${key}\n${blob.etag}`))) changed.push(entry(where, blob));
    }
  }
  return changed;
}

/** Blobs in a container; none when it is gone, as its blobs are. */
async function* listExisting(where: string, prefix: string): AsyncGenerator<Listed> {
  try {
    yield* list(await existingContainer(where), prefix);
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
  }
}

function entry(
  where: string,
  { name, etag, size, changedAt }: Omit<Listed, 'md5' | 'metadata'>,
): ChangedInput {
  return { container: where, name, etag, size, changedAt: Math.floor(changedAt / 1000) };
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
