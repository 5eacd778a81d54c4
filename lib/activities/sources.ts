import { list } from '../azure/blobs.ts';
import { existingContainer } from '../azure/download.ts';
import { addressable } from '../azure/sas.ts';
import { statusOf } from '../azure/storage.ts';
import { SluiceError } from '../errors.ts';
import { matcher } from '../plan/drop.ts';
import { MOST_ITEMS } from '../plan/fields/items.ts';
import { itemId } from '../plan/ids.ts';
import { points } from '../plan/matrix.ts';
import type { Pipeline } from '../plan/pipeline-schema.ts';
import { carriedBytes, expand, type Input, type Item } from '../plan/plan.ts';
import { variables } from '../plan/variables.ts';
import type { Row } from '../store/ledger.ts';
import { runRequest } from '../store/requests.ts';
import { readRunLines } from '../store/runs.ts';
import { chunkItems } from './chunk-items.ts';
import { lineItems } from './line-items.ts';

/** An item before it has an id. */
export type Unnumbered = Omit<Item, 'id'>;

/** Bytes of values that an item may bring; a process takes no variable of more than 128 KiB. */
const MOST_CARRIED_BY_ITEM = 100 * 1024;

/** The items of a run, one after the other, in an order that stays. Throws `BadInput`. */
export async function* itemsOfRun(run: string, pipeline: Pipeline): AsyncGenerator<Item> {
  let index = 0;
  for await (const item of sourceOf(run, pipeline)) {
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
  run: string,
  { params, tasks }: Pipeline,
): AsyncIterable<Unnumbered> | Iterable<Unnumbered> {
  if (tasks.forEach === 'list') return listed(run, tasks.list ?? []);
  if (tasks.matrix) return pointItems(tasks.matrix);
  if (tasks.prefix) return prefixItems(tasks.prefix);
  if (tasks.lines) {
    const { format, from } = tasks.lines;
    const taken = Object.keys(params);
    return lineItems(from ? [from] : inputsOf(run), { format, taken });
  }
  if (tasks.chunks) return chunkItems(inputsOf(run), tasks.chunks.bytes);
  return wholeBlobs(run);
}

async function* inputsOf(run: string): AsyncGenerator<Input> {
  for await (const { input } of wholeBlobs(run)) if (input) yield input;
}

async function* wholeBlobs(run: string): AsyncGenerator<Unnumbered> {
  for (const { input } of expand(await readRunLines<Row>(run, 'inputs.ndjson'))) yield { input };
}

async function* listed(
  run: string,
  own: NonNullable<Pipeline['tasks']['list']>,
): AsyncGenerator<Unnumbered> {
  const { list: given } = await runRequest(run);
  for (const row of given ?? own) yield { input: null, values: variables(row) };
}

function* pointItems(matrix: NonNullable<Pipeline['tasks']['matrix']>): Generator<Unnumbered> {
  for (const point of points(matrix)) yield { input: null, values: variables(point) };
}

/** The blobs that are there now, each in its present version. */
async function* prefixItems({
  container,
  prefix,
  match,
}: NonNullable<Pipeline['tasks']['prefix']>): AsyncGenerator<Unnumbered> {
  const isWanted = matcher(match);
  try {
    for await (const { name, etag, size } of list(await existingContainer(container), prefix)) {
      if (!isWanted(name)) continue;
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
