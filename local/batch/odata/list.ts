import type { Call, Reply } from '../wire/call.ts';
import { maxResults } from '../wire/call.ts';
import { passes, readFilter, type FilterTable, type FilterValue } from './filter.ts';
import { listBody, pageStart, pick, readSelect } from './page.ts';

/** How a list of resources that are held in memory is answered. */
export interface Listing<T> {
  /** The last part of odata.metadata. */
  kind: string;
  items: Iterable<T>;
  /** Orders the list; unique. */
  key: (item: T) => string;
  filters: FilterTable;
  property: (item: T, name: string) => FilterValue | undefined;
  render: (item: T) => object;
  selectable: readonly string[];
  limit?: number;
}

/** One page of a list, filtered and selected as the request asks. */
export function answerList<T>(call: Call, listing: Listing<T>): Reply {
  const selected = readSelect(call, listing.selectable);
  const filter = readFilter(call.query.get('$filter'), listing.filters);
  const limit = maxResults(call, listing.limit);
  const after = pageStart(call);
  const matching = [...listing.items]
    .filter((item) => after === undefined || listing.key(item) > after)
    .filter(
      (item) => filter === undefined || passes(filter, (name) => listing.property(item, name)),
    )
    .toSorted((a, b) => (listing.key(a) < listing.key(b) ? -1 : 1));
  const page = matching.slice(0, limit);
  const last = page.at(-1);
  const members = page.map((item) => JSON.stringify(pick(listing.render(item), selected)));
  const next = matching.length > limit && last !== undefined ? listing.key(last) : undefined;
  return { status: 200, body: listBody(call, listing.kind, { members, next }) };
}
