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
export function indexBlobs(database: LokiDatabase): void {
  const blobs = database.collections.find(({ name }) => name === BLOBS);
  if (!blobs) throw new Error(`Azurite's database has no collection ${BLOBS}: expected 3.37`);
  blobs.binaryIndices = {};
  const index = buildIndex(blobs);
  replaceQueries(blobs, index);
}

type Index = Map<string, Set<LokiDoc>>;

function buildIndex(blobs: LokiCollection): Index {
  const index: Index = new Map();
  for (const doc of blobs.data) add(index, doc);
  blobs.on('insert', (docs) => [docs].flat().forEach((doc) => add(index, doc)));
  blobs.on('delete', (docs) => [docs].flat().forEach((doc) => remove(index, doc)));
  return index;
}

function add(index: Index, doc: LokiDoc) {
  const key = keyOf(doc);
  const docs = index.get(key);
  if (docs) docs.add(doc);
  else index.set(key, new Set([doc]));
}

function remove(index: Index, doc: LokiDoc) {
  const docs = index.get(keyOf(doc));
  docs?.delete(doc);
  if (docs?.size === 0) index.delete(keyOf(doc));
}

/** An account and a container have no slash in their names. */
function keyOf(fields: LokiDoc | LokiQuery): string {
  return KEY.map((field) => fields[field]).join('/');
}

function replaceQueries(blobs: LokiCollection, index: Index) {
  const { findOne, findAndRemove, count } = blobs;
  const found = (query: LokiQuery) =>
    [...(index.get(keyOf(query)) ?? [])].filter((doc) => matches(doc, query));
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
