import type { BlobIndex } from './azurite-index.ts';
import type { LokiDoc, MetadataStore } from './azurite-internals.ts';
import { lowerBound } from './sorted-names.ts';

/**
 * Lists a container from its sorted names. Azurite scans and sorts all blobs of all containers once per page, which
 * makes a listing of n blobs take n² time.
 *
 * Azurite's own code still makes the pages; it is given a collection that answers only what it asks then.
 */
export function listFromIndex(store: MetadataStore, index: BlobIndex): void {
  const { listBlobs } = store;
  store.listBlobs = (...asked) => {
    const [, account, container, , blob, prefix = '', , marker = '', , , startFrom = ''] = asked;
    if (account === undefined || container === undefined || blob !== undefined) {
      return listBlobs.apply(store, asked);
    }
    const names = index.namesIn(account, container);
    const docsNamed = (name: string) => inOrder(index.docsNamed(account, container, name));
    const from = [prefix, marker, startFrom].reduce((a, b) => (a > b ? a : b));
    const chain = chainOver({ names, docsNamed, prefix, from });
    const narrowed = Object.create(store, { db: { value: { getCollection: () => ({ chain }) } } });
    return listBlobs.apply(narrowed, asked);
  };
}

/** As Azure lists one name: snapshots from the oldest on, then the blob. Azurite has them in any order. */
function inOrder(docs: ReadonlySet<LokiDoc>): Iterable<LokiDoc> {
  if (docs.size < 2) return docs;
  const time = (doc: LokiDoc) => String(doc['snapshot'] || '~');
  return [...docs].toSorted((a, b) => (time(a) < time(b) ? -1 : 1));
}

interface Range {
  names: readonly string[];
  docsNamed: (name: string) => Iterable<LokiDoc>;
  prefix: string;
  /** No name below this one. */
  from: string;
}

/** The steps of a LokiJS chain that a listing is made of; what is found is in order already. */
function chainOver(range: Range) {
  // A page with a delimiter is read in several steps, each going on where the last one ended.
  const mark = { passed: 0, position: lowerBound(range.names, range.from) };
  return () => {
    const tests: Test[] = [];
    let [skip, limit] = [0, Infinity];
    const chain = {
      find: () => chain,
      sort: () => chain,
      where(test: Test) {
        tests.push(test);
        return chain;
      },
      offset(count: number) {
        skip = count;
        return chain;
      },
      limit(count: number) {
        limit = count;
        return chain;
      },
      data: () => read(range, mark, { tests, skip, limit }),
    };
    return chain;
  };
}

type Test = (doc: LokiDoc) => boolean;

/** `passed` documents that meet the tests stand before the name at `position`. */
interface Mark {
  passed: number;
  position: number;
}

interface Page {
  tests: Test[];
  skip: number;
  limit: number;
}

function read({ names, docsNamed, prefix }: Range, mark: Mark, { tests, skip, limit }: Page) {
  const found: LokiDoc[] = [];
  let { passed } = mark;
  for (let { position } = mark; position < names.length; position++) {
    const name = String(names[position]);
    if (!name.startsWith(prefix)) break;
    Object.assign(mark, { passed, position });
    for (const doc of docsNamed(name)) {
      if (!tests.every((test) => test(doc))) continue;
      if (passed++ >= skip) found.push(doc);
      if (found.length === limit) return found;
    }
  }
  return found;
}
