import fs from 'node:fs';
import { sweepExtents } from './azurite-extents.ts';
import { indexBlobs } from './azurite-index.ts';
import { createBlobServer, type BlobServer, type LokiDatabase } from './azurite-internals.ts';
import { listFromIndex } from './azurite-listing.ts';
import { openJournal, type Journal } from './azurite-journal.ts';

export interface AzuriteOptions {
  dataDir: string;
  port?: number;
}

/**
 * Starts Azurite's blob service in this process with its data in `dataDir`; an acknowledged write survives `kill -9`.
 *
 * It patches `fs.fdatasync` away for the whole process, so it wants a process of its own.
 */
export async function startAzurite({ dataDir, port = 0 }: AzuriteOptions) {
  fs.mkdirSync(dataDir, { recursive: true });
  leaveSyncToTheSystem();
  const server = createBlobServer({ port, dataDir });
  const journal = openJournal(`${dataDir}/azurite.db`);
  await restore(server, journal);
  const sweep = sweepExtents(server);
  await server.start();
  return {
    url: server.getHttpServerAddress(),
    async close() {
      sweep.stop();
      await server.close();
      journal.close();
    },
  };
}

async function restore({ metadataStore, extentMetadataStore }: BlobServer, journal: Journal) {
  for (const store of [metadataStore, extentMetadataStore]) {
    neverSaveWhole(store.db);
    await store.init();
    journal.attach(store.db);
  }
  listFromIndex(metadataStore, indexBlobs(metadataStore.db));
}

function neverSaveWhole(database: LokiDatabase) {
  database.autosaveDisable();
  database.autosave = false;
  database.saveDatabase = (done) => done?.();
}

/** Azurite syncs the disk after each write, which guards against power loss only and is most of a small PUT's time. */
function leaveSyncToTheSystem() {
  fs.fdatasync = Object.assign(
    (_fd: number, done: (error: Error | null) => void) => setImmediate(done, null),
    { __promisify__: async () => {} },
  );
}
