import type { BlobServer, LokiDatabase, LokiDoc } from './azurite-internals.ts';

const INTERVAL_MS = 10 * 60 * 1000;
const PROTECTED_MS = 60 * 60 * 1000;

/**
 * Frees extents (Azurite's data files) that no blob refers to, every ten minutes, in place of Azurite's own collector.
 *
 * That one pages through all blobs by name alone, so it misses blobs of one name in several containers at a page's end
 * and deletes their data; it also sorts all blobs once per page, and knows no grace for an upload that is under way.
 */
export function sweepExtents(server: BlobServer): { stop(): void } {
  server.gcManager.start = async () => {};
  server.gcManager.close = async () => {};
  const timer = setInterval(() => {
    const unused = unusedExtents(
      server.extentMetadataStore.db,
      server.metadataStore.db,
      Date.now() - PROTECTED_MS,
    );
    void server.extentStore.deleteExtents(unused).catch(reportFailure);
  }, INTERVAL_MS).unref();
  return { stop: () => clearInterval(timer) };
}

/** Ids of the extents that nothing refers to and that were last written before `before` (ms). */
export function unusedExtents(extents: LokiDatabase, blobs: LokiDatabase, before: number) {
  const used = new Set<unknown>();
  for (const collection of blobs.collections) {
    for (const doc of collection.data) for (const id of referredBy(doc)) used.add(id);
  }
  const all = extents.collections.flatMap((collection) => collection.data as ExtentDoc[]);
  return all
    .filter((extent) => !used.has(extent.id) && lastWritten(extent) < before)
    .map((extent) => extent.id);
}

interface ExtentDoc extends LokiDoc {
  id: string;
  lastModifiedInMS?: number;
  LastModifyInMS?: number;
}

interface Chunk {
  persistency: { id: string };
}

function* referredBy(doc: LokiDoc): Generator<string> {
  const { persistency, committedBlocksInOrder = [], pageRangesInOrder = [] } = doc;
  if (persistency) yield (persistency as Chunk['persistency']).id;
  for (const block of committedBlocksInOrder as Chunk[]) yield block.persistency.id;
  for (const range of pageRangesInOrder as Chunk[]) yield range.persistency.id;
}

/** Azurite writes the time under one name when it creates the record and under another when it updates it. */
function lastWritten({ lastModifiedInMS = 0, LastModifyInMS = 0 }: ExtentDoc) {
  return Math.max(lastModifiedInMS, LastModifyInMS);
}

function reportFailure(error: unknown) {
  process.stderr.write(`Unused extents could not be deleted: ${String(error)}\n`);
}
