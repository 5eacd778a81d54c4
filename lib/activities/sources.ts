import { list } from '../azure/blobs.ts';
import { existingContainer } from '../azure/download.ts';
import { addressable } from '../azure/sas.ts';
import { statusOf } from '../azure/storage.ts';
import { SluiceError } from '../errors.ts';
import { type Drop, matcher } from '../plan/drop.ts';
import { MOST_ITEMS } from '../plan/fields/items.ts';
import { itemId } from '../plan/ids.ts';
import { points } from '../plan/matrix.ts';
import type { Pipeline } from '../plan/pipeline-schema.ts';
import { carriedBytes, expand, type Input, type Item } from '../plan/plan.ts';
import { variables } from '../plan/variables.ts';
import type { RunRequest } from '../store/requests.ts';
import { chunkItems } from './chunk-items.ts';
import { lineItems } from './line-items.ts';

/** An item before it has an id. */
export type Unnumbered = Omit<Item, 'id'>;

/** Bytes of values that an item may bring; a process takes no variable of more than 128 KiB. */
const MOST_CARRIED_BY_ITEM = 100 * 1024;

/** What items are made of, besides what the pipeline says itself. */
export interface Given {
  blobs: readonly Drop[];
  /** The objects of a pipeline over a list; null when the pipeline has its own, or none. */
  list: RunRequest['list'];
}

/** Hears of a blob that becomes no item, and why, in words that could follow `since`. */
export type Skip = (blob: Pick<Input, 'container' | 'name'>, reason: string) => void;

/** The items of a run, one after the other, in an order that stays. Throws `BadInput`. */
export async function* itemsFrom(
  given: Given,
  pipeline: Pipeline,
  skip: Skip = () => {},
): AsyncGenerator<Item> {
  let index = 0;
  for await (const item of sourceOf(given, pipeline, skip)) {
    const id = itemId(index++);
    if (index > MOST_ITEMS) {
      const message = `There are more than ${MOST_ITEMS} items; take chunks or fewer inputs.`;
      throw new SluiceError('BadInput', message);
    }
    if (item.values && carriedBytes({ id, ...item }) > MOST_CARRIED_BY_ITEM) {
      const message = `The values of item ${id} take more than ${MOST_CARRIED_BY_ITEM} bytes; put them into a blob and give its name.`;
      throw new SluiceError('BadInput', message);
    }
    yield { id, ...item };
  }
}

function sourceOf(
  { blobs, list: objects }: Given,
  { params, tasks }: Pipeline,
  skip: Skip,
): AsyncIterable<Unnumbered> | Iterable<Unnumbered> {
  if (tasks.forEach === 'list') return listed(objects ?? tasks.list ?? []);
  if (tasks.matrix) return pointItems(tasks.matrix);
  if (tasks.prefix) return prefixItems(tasks.prefix, skip);
  if (tasks.lines) {
    const { format, from } = tasks.lines;
    const taken = Object.keys(params);
    return lineItems(from ? [from] : inputsOf(blobs), { format, taken });
  }
  if (tasks.chunks) return chunkItems(inputsOf(blobs), tasks.chunks.bytes);
  return wholeBlobs(blobs);
}

function* inputsOf(blobs: Given['blobs']): Generator<Input> {
  for (const { input } of wholeBlobs(blobs)) if (input) yield input;
}

function* wholeBlobs(blobs: Given['blobs']): Generator<Unnumbered> {
  for (const { input } of expand(blobs)) yield { input };
}

function* listed(objects: NonNullable<Given['list']>): Generator<Unnumbered> {
  for (const row of objects) yield { input: null, values: variables(row) };
}

function* pointItems(matrix: NonNullable<Pipeline['tasks']['matrix']>): Generator<Unnumbered> {
  for (const point of points(matrix)) yield { input: null, values: variables(point) };
}

/** The blobs that are there now, each in its present version. */
async function* prefixItems(
  { container, prefix, match }: NonNullable<Pipeline['tasks']['prefix']>,
  skip: Skip,
): AsyncGenerator<Unnumbered> {
  const isWanted = matcher(match);
  try {
    for await (const { name, etag, size } of list(await existingContainer(container), prefix)) {
      if (!isWanted(name)) {
        skip({ container, name }, 'tasks.prefix.match does not match it');
        continue;
      }
      if (!addressable(name)) throw unaddressable(container, name);
      yield { input: { container, name, etag, size } };
    }
  } catch (cause) {
    if (statusOf(cause) !== 404) throw cause;
    const message = `There is no container '${container}', of which tasks.prefix wants the blobs.`;
    throw new SluiceError('BadInput', message, { cause });
  }
}

function unaddressable(container: string, name: string): SluiceError {
  const which = `${container} has a blob named ${JSON.stringify(name)}`;
  const message = `${which}, which the storage client cannot address; rename it, or leave it out by tasks.prefix.match.`;
  return new SluiceError('BadInput', message);
}
