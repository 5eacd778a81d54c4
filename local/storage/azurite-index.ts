import { sortedNames, type SortedNames } from './sorted-names.ts';
import type { LokiCollection, LokiDatabase, LokiDoc, LokiQuery } from './azurite-internals.ts';

const BLOBS = '$BLOBS_COLLECTION$';
const KEY = ['accountName', 'containerName', 'name'] as const;

/**
 * Gives Azurite's blob collection a hash index by account, container and name.
 *
 * Azurite asks for one blob by four fields, which LokiJS answers by its index of the first (the account, the same for
 * all blobs) and a scan of the rest: each PUT and GET takes time with the number of blobs. Its four sorted indices are
 * dropped, since each insert and delete would have to move them.
 */
export function indexBlobs(database: LokiDatabase): BlobIndex {
  const blobs = database.collections.find(({ name }) => name === BLOBS);
  if (!blobs) throw new Error(`Azurite's database has no collection ${BLOBS}: expected 3.37`);
  blobs.binaryIndices = {};
  const index = createIndex();
  for (const doc of blobs.data) index.add(doc);
  blobs.on('insert', (docs) => [docs].flat().forEach(index.add));
  blobs.on('update', (docs) => [docs].flat().forEach(index.replace));
  blobs.on('delete', (docs) => [docs].flat().forEach(index.remove));
  replaceQueries(blobs, index);
  return index;
}

/** Blobs by account, container and name; several of one name are its snapshots and itself. */
export type BlobIndex = ReturnType<typeof createIndex>;

function createIndex() {
  const containers = new Map<string, Container>();
  const docsNamed = (account: unknown, container: unknown, name: unknown): ReadonlySet<LokiDoc> =>
    containers.get(`${account}/${container}`)?.docs.get(String(name)) ?? NONE;
  return {
    docsNamed,
    docsFor: (query: LokiQuery) =>
      docsNamed(query['accountName'], query['containerName'], query['name']),
    namesIn: (account: string, container: string) =>
      containers.get(`${account}/${container}`)?.names.all() ?? [],
    add(doc: LokiDoc) {
      const key = `${doc['accountName']}/${doc['containerName']}`;
      const container = containers.get(key) ?? { docs: new Map(), names: sortedNames() };
      containers.set(key, container);
      addTo(container, doc);
    },
    /** LokiJS may be given another object for the same record. */
    replace(doc: LokiDoc) {
      const key = `${doc['accountName']}/${doc['containerName']}`;
      const same = containers.get(key)?.docs.get(String(doc['name']));
      if (!same || same.has(doc)) return;
      for (const old of same) if (old.$loki === doc.$loki) same.delete(old);
      same.add(doc);
    },
    remove(doc: LokiDoc) {
      const key = `${doc['accountName']}/${doc['containerName']}`;
      const container = containers.get(key);
      if (container) removeFrom(container, doc);
      if (container?.docs.size === 0) containers.delete(key);
    },
  };
}

interface Container {
  docs: Map<string, Set<LokiDoc>>;
  names: SortedNames;
}

const NONE: ReadonlySet<LokiDoc> = new Set();

function addTo({ docs, names }: Container, doc: LokiDoc) {
  const name = String(doc['name']);
  const same = docs.get(name);
  if (same) {
    same.add(doc);
    return;
  }
  docs.set(name, new Set([doc]));
  names.add(name);
}

function removeFrom({ docs, names }: Container, doc: LokiDoc) {
  const name = String(doc['name']);
  const same = docs.get(name);
  same?.delete(doc);
  if (same?.size !== 0) return;
  docs.delete(name);
  names.remove(name);
}

function replaceQueries(blobs: LokiCollection, index: BlobIndex) {
  const { findOne, findAndRemove, count } = blobs;
  const found = (query: LokiQuery) =>
    [...index.docsFor(query)].filter((doc) => matches(doc, query));
  blobs.findOne = (query) =>
    isByKey(query) ? (found(query)[0] ?? null) : findOne.call(blobs, query);
  blobs.count = (query) =>
    query && isByKey(query) ? found(query).length : count.call(blobs, query);
  blobs.findAndRemove = (query) => {
    if (isByKey(query)) for (const doc of found(query)) blobs.remove(doc);
    else findAndRemove.call(blobs, query);
  };
}

function isByKey(query: LokiQuery): boolean {
  return KEY.every((field) => typeof query[field] === 'string');
}

function matches(doc: LokiDoc, query: LokiQuery): boolean {
  return Object.entries(query).every(([field, wanted]) =>
    isGreaterThan(wanted) ? String(doc[field]) > wanted.$gt : doc[field] === wanted,
  );
}

function isGreaterThan(wanted: unknown): wanted is { $gt: string } {
  return typeof wanted === 'object' && wanted !== null && '$gt' in wanted;
}
