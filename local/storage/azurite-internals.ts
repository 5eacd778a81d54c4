import { createRequire } from 'node:module';
import type { Server } from 'node:http';

/** A record of Azurite's in-memory database; `$loki` is its number inside its collection. */
export interface LokiDoc {
  $loki: number;
  [field: string]: unknown;
}

/** The part of a LokiJS 1.5 collection that is used here. */
export interface LokiCollection {
  name: string;
  data: LokiDoc[];
  idIndex: number[] | null;
  maxId: number;
  binaryIndices: Record<string, unknown>;
  uniqueNames: string[];
  findOne(query: LokiQuery): LokiDoc | null;
  findAndRemove(query: LokiQuery): void;
  count(query?: LokiQuery): number;
  remove(doc: LokiDoc): void;
  ensureId(): void;
  ensureIndex(field: string, force: boolean): void;
  ensureUniqueIndex(field: string): void;
  on(event: 'insert' | 'update' | 'delete', listener: (doc: LokiDoc | LokiDoc[]) => void): void;
}

/** Field values, or `{ $gt }`, all of which must hold. */
export type LokiQuery = Record<string, unknown>;

/** The part of a LokiJS 1.5 database that is used here. */
export interface LokiDatabase {
  collections: LokiCollection[];
  autosave: boolean;
  autosaveDisable(): void;
  saveDatabase(done?: (error?: Error) => void): void;
}

/** What Azurite 3.37's BlobServer is made of. */
export interface BlobServer {
  httpServer: Server;
  metadataStore: MetadataStore;
  extentMetadataStore: Pick<MetadataStore, 'db' | 'init'>;
  extentStore: { deleteExtents(ids: Iterable<string>): Promise<number> };
  gcManager: { start(): Promise<void>; close(): Promise<void> };
  start(): Promise<void>;
  close(): Promise<void>;
  getHttpServerAddress(): string;
}

export interface MetadataStore {
  db: LokiDatabase;
  init(): Promise<void>;
  /** Resolves to blobs, prefixes and the next page's marker. */
  listBlobs(...asked: ListBlobsArguments): Promise<unknown>;
}

export type ListBlobsArguments = [
  context: unknown,
  account: string | undefined,
  container: string | undefined,
  delimiter?: string,
  blob?: string,
  prefix?: string,
  maxResults?: number,
  marker?: string,
  includeSnapshots?: boolean,
  includeUncommittedBlobs?: boolean,
  startFrom?: string,
];

export interface BlobServerOptions {
  port: number;
  dataDir: string;
}

/**
 * Makes Azurite's blob server without starting it: loopback, no access log, any API version, telemetry not even loaded.
 */
export function createBlobServer({ port, dataDir }: BlobServerOptions): BlobServer {
  const require = createRequire(import.meta.url);
  leaveOutTelemetry(require);
  rememberRoutes(require);
  const { default: Configuration } =
    require('azurite/dist/src/blob/BlobConfiguration.js') as Loaded<object>;
  const { default: Server } = require('azurite/dist/src/blob/BlobServer.js') as Loaded<BlobServer>;
  return new Server(new Configuration(...positional(port, dataDir)));
}

/** Azurite's constructor takes its settings by position. */
function positional(port: number, dataDir: string): unknown[] {
  const extents = { locationId: 'Default', locationPath: `${dataDir}/extents`, maxConcurrency: 50 };
  const files = [`${dataDir}/unused-blobs.json`, `${dataDir}/unused-extents.json`, [extents]];
  const [accessLog, debugLog, loose] = [false, false, false];
  // @azure/storage-blob 12.34 sends a version that is newer than Azurite 3.37 knows.
  const skipApiVersionCheck = true;
  const logs = [accessLog, undefined, debugLog, undefined];
  return ['127.0.0.1', port, KEEP_ALIVE_SECONDS, ...files, ...logs, loose, skipApiVersionCheck];
}

// Longer than any pause of a client: a connection that Azurite closes just as it is used again is a lost request.
const KEEP_ALIVE_SECONDS = 3600;

interface Loaded<T> {
  default: new (...options: unknown[]) => T;
}

/** Loading applicationinsights and OpenTelemetry is two thirds of Azurite's start; nothing is to be sent anyway. */
function leaveOutTelemetry(require: NodeJS.Require) {
  const file = require.resolve('azurite/dist/src/common/Telemetry.js');
  const exports = { AzuriteTelemetryClient: { TraceRequest: () => {} } };
  require.cache[file] = { id: file, filename: file, loaded: true, exports } as NodeJS.Module;
}

/**
 * For each request Azurite parses the path templates of all its operations anew, more than a tenth of its time. It matches
 * them against three stand-ins for paths (`/`, `/container` and `/container/blob`), so the answers are few.
 */
function rememberRoutes(require: NodeJS.Require) {
  const utils = require('azurite/dist/src/blob/generated/utils/utils.js') as {
    isURITemplateMatch(url: string, template: string): boolean;
  };
  const { isURITemplateMatch } = utils;
  const known = new Map<string, boolean>();
  utils.isURITemplateMatch = (url, template) => {
    const key = `${url} ${template}`;
    const match = known.get(key) ?? isURITemplateMatch(url, template);
    if (known.size < MOST_ROUTES) known.set(key, match);
    return match;
  };
}

const MOST_ROUTES = 1000;
