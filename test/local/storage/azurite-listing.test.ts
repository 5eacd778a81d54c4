import fc from 'fast-check';
import { expect, test } from 'vitest';
import { indexBlobs } from '../../../local/storage/azurite-index.ts';
import {
  createBlobServer,
  type ListBlobsArguments,
  type LokiDoc,
} from '../../../local/storage/azurite-internals.ts';
import { listFromIndex } from '../../../local/storage/azurite-listing.ts';
import { temporaryFolder } from './support.ts';

/** Azurite's store with some blobs, once as Azurite lists and looks up, once as the index does. */
async function twoStores(blobs: Blob[]) {
  const stores = [0, 1].map(
    () => createBlobServer({ port: 0, dataDir: temporaryFolder() }).metadataStore,
  );
  for (const store of stores) {
    store.db.autosaveDisable();
    store.db.saveDatabase = (done) => done?.();
    await store.init();
  }
  const [plain, indexed] = stores as [(typeof stores)[0], (typeof stores)[0]];
  listFromIndex(indexed, indexBlobs(indexed.db));
  const collections = stores.map(({ db }) =>
    db.collections.find(({ name }) => name.startsWith('$BLOBS'))!,
  );
  for (const collection of collections) {
    for (const blob of blobs) (collection as unknown as Insertable).insert(recordOf(blob));
  }
  return { plain, indexed, collections };
}

interface Insertable {
  insert(doc: object): void;
}

interface Blob {
  container: string;
  name: string;
  snapshot: string;
  isCommitted: boolean;
}

function recordOf({ container, ...blob }: Blob) {
  return {
    accountName: 'a',
    containerName: container,
    ...blob,
    properties: { leaseState: 'available' },
  };
}

const name = fc.stringMatching(/^[ab/é.*]{1,4}$/);
const blob = fc.record({
  container: fc.constantFrom('c', 'd'),
  name,
  snapshot: fc.constantFrom('', '', '2026'),
  isCommitted: fc.boolean(),
});
// There is one blob of a name, and one snapshot of a time.
const blobs = fc.uniqueArray(blob, {
  selector: ({ container, name, snapshot }) => JSON.stringify([container, name, snapshot]),
  maxLength: 30,
});
const listing = fc.record({
  delimiter: fc.option(fc.constant('/'), { nil: undefined }),
  prefix: fc.oneof(fc.constant(''), fc.stringMatching(/^[ab/.*]{0,2}$/)),
  size: fc.integer({ min: 1, max: 6 }),
  marker: fc.oneof(fc.constant(''), name),
  snapshots: fc.boolean(),
  uncommitted: fc.boolean(),
  startFrom: fc.option(name, { nil: undefined }),
});

test('every page is the one that Azurite itself would give', async () => {
  const agrees = async (all: Blob[], asked: ValueOf<typeof listing>) => {
    // Azurite lists what has one name backwards, so that only then it does as Azure does.
    const blobsFirst = all.toSorted((a, b) => a.snapshot.length - b.snapshot.length);
    const { plain, indexed } = await twoStores(blobsFirst);
    const { delimiter, prefix, size, marker, snapshots, uncommitted, startFrom } = asked;
    const args = [
      { startTime: new Date() },
      'a',
      'c',
      delimiter,
      undefined,
      prefix,
      size,
      marker,
      snapshots,
      uncommitted,
      startFrom,
    ];
    const pages = [plain, indexed].map((store) => store.listBlobs(...(args as ListBlobsArguments)));
    const [expected, got] = (await Promise.all(pages)).map(withoutMeta);
    expect(got).toEqual(expected);
  };
  await fc.assert(fc.asyncProperty(blobs, listing, agrees), { numRuns: 200 });
});

test('blobs are found, counted and removed as by Azurite itself', async () => {
  const query = fc.record({
    name,
    snapshot: fc.option(fc.constantFrom('', '2026', { $gt: '' }), { nil: undefined }),
  });
  const agrees = async (all: Blob[], asked: ValueOf<typeof query>) => {
    const { collections } = await twoStores(all);
    const { snapshot, ...rest } = asked;
    const where = {
      accountName: 'a',
      containerName: 'c',
      ...rest,
      ...(snapshot !== undefined && { snapshot }),
    };
    const answers = collections.map((collection) => {
      const count = collection.count(where);
      const found = collection.findOne(where)?.$loki;
      // Of several, LokiJS finds the one that its sorted index happens to have first.
      const before = [count, count > 1 ? found !== undefined : found];
      collection.findAndRemove(where);
      return [...before, collection.data.map(({ $loki }) => $loki), collection.count(where)];
    });
    expect(answers[1]).toEqual(answers[0]);
  };
  await fc.assert(fc.asyncProperty(blobs, query, agrees), { numRuns: 200 });
});

type ValueOf<T> = T extends fc.Arbitrary<infer V> ? V : never;

/** LokiJS notes the time of insertion in each record. */
function withoutMeta(page: unknown) {
  const [found, ...rest] = page as [LokiDoc[]];
  return [found.map((doc) => ({ ...doc, meta: undefined })), ...rest];
}
