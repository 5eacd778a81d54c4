import { Hono } from 'hono';
import { partFile, readRawLines, readRunJson, getRun } from '../store/runs.ts';
import { unsuccessfulFile } from '../activities/part.ts';
import { SluiceError } from '../errors.ts';
import { isRunId } from '../plan/ids.ts';
import { blockCount, blockOf, BLOCK_ITEMS, type Plan } from '../plan/plan.ts';
import type { RunRecord } from '../plan/run.ts';
import type { ItemView } from './item-views.ts';
import { itemsNow, runningNow } from './items-now.ts';
import { nextLink } from './next-link.ts';
import { readQuery } from './read.ts';
import { type ItemsQuery, itemsQuery } from './schemas.ts';

const PAGE = 100;
/** Blocks of ten thousand items that one page looks through before it leaves the rest to the next. */
const MOST_BLOCKS = 20;

/** `GET /api/runs/{id}/items`: what became of the items so far, in their order. */
export function itemRoutes(): Hono {
  const routes = new Hono();
  routes.get('/', async (c) => {
    const id = c.req.param('id') ?? '';
    if (!isRunId(id)) throw new SluiceError('NotFound', `There is no run '${id}'.`);
    const { value, next } = await listItems(await getRun(id), readQuery(itemsQuery, c.req.query()));
    return c.json({ value, next: nextLink(c.req.url, next) });
  });
  return routes;
}

/** A page of items, and the id that the next one comes after; null when there is none. */
async function listItems(
  record: RunRecord,
  query: ItemsQuery,
): Promise<{ value: ItemView[]; next: string | null }> {
  const { top = PAGE, after = '000000' } = query;
  const blocks = await blocksOf(record.id);
  const ofBlock = await reader(record, query);
  const value: ItemView[] = [];
  const from = blockOf(after);
  for (let block = from; block < blocks; block++) {
    if (block === from + MOST_BLOCKS) return { value, next: lastBefore(block) };
    for await (const item of ofBlock(block)) {
      if (Number(item.id) <= Number(after)) continue;
      // One more than asked for: there is a next page.
      if (value.length === top) return { value, next: value.at(-1)?.id ?? null };
      value.push(item);
    }
  }
  return { value, next: null };
}

function lastBefore(block: number): string {
  return String(block * BLOCK_ITEMS - 1).padStart(6, '0');
}

/** None until the run is planned. */
async function blocksOf(run: string): Promise<number> {
  const plan = await readRunJson<Plan>(run, 'plan.json');
  return plan ? blockCount(plan.items) : 0;
}

type Reader = (block: number) => AsyncGenerator<ItemView>;

/** What tells of a run's items: the manifest's parts, or, while it goes, records and plan. */
async function reader(record: RunRecord, { status, after = '' }: ItemsQuery): Promise<Reader> {
  const wanted = status && `${status.charAt(0).toUpperCase()}${status.slice(1)}`;
  if (record.status !== 'Running') return (block) => fromPart(record, block, { wanted, after });
  const running = await runningNow(record.id);
  return async function* (block) {
    for (const item of await itemsNow(record, block, running)) {
      if (wanted === undefined || item.status === wanted) yield item;
    }
  };
}

/** Items of a part of the manifest; what did not succeed stands in a small file by itself. */
async function* fromPart(
  { id, generation }: RunRecord,
  block: number,
  { wanted, after }: { wanted: string | undefined; after: string },
): AsyncGenerator<ItemView> {
  if (wanted === 'Running' || wanted === 'Waiting') return;
  const few = wanted === 'Failed' || wanted === 'Cancelled';
  const file = few ? unsuccessfulFile(generation, block) : partFile(generation, block);
  for (const line of await readRawLines(id, file)) {
    // Its start is enough to pass over an entry, which is much cheaper than to read it.
    const [, item, status] = /^\{"id":"(\d+)","status":"(\w+)"/.exec(line) ?? [];
    if (item !== undefined && Number(item) <= Number(after)) continue;
    if (wanted !== undefined && status !== wanted) continue;
    yield JSON.parse(line) as ItemView;
  }
}
