import { mkdirSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../events/clock.ts';
import { startEventGrid } from '../events/event-grid.ts';
import { startEventGridServer } from '../events/server.ts';
import type { Subscription } from '../events/subscription.ts';
import { WELL_KNOWN_ACCOUNT } from './account.ts';
import { askForBlob } from './ask.ts';
import { blobUrl } from './blob-event.ts';
import { isBatch, readBlobWrite, type BlobRequest } from './blob-write.ts';
import { forward, type ForwardHooks, type Upstream } from './forward.ts';
import { openIntents } from './intents.ts';
import { refuse } from './refusal.ts';
import { recordWrites, type WriteRecorder } from './write-recorder.ts';

export interface GatewayOptions {
  /** Root of Azurite's blob service, such as `http://127.0.0.1:10000`. */
  azuriteUrl: string;
  dataDir: string;
  subscriptions: Subscription[];
  port?: number;
  eventGridPort?: number;
  log?: (line: string) => void;
}

export type Gateway = Awaited<ReturnType<typeof startGateway>>;

/**
 * Starts the storage endpoint that clients use: Azurite behind it, and Event Grid told of each committed write.
 * `url` is the service's root, to which the account's name is added.
 */
export async function startGateway(options: GatewayOptions) {
  const { dataDir, subscriptions, port = 0, eventGridPort = 0, log = () => {} } = options;
  mkdirSync(dataDir, { recursive: true });
  refuseOtherEvents(subscriptions);
  const upstream = upstreamOf(options.azuriteUrl);
  const server = http.createServer({ requestTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS });
  const publicUrl = await listen(server, port);
  const eventGrid = startEventGrid({ dataDir, subscriptions, log });
  const intents = openIntents(`${dataDir}/writes.db`, Date.now());
  const stop = new AbortController();
  const recorder = recordWrites({
    intents,
    eventGrid,
    publicUrl,
    log,
    clock: systemClock,
    stopped: stop.signal,
    ask: (write) => askForBlob(blobUrl(options.azuriteUrl, write), upstream.agent),
  });
  const wantsDeletes = eventGrid.wantsType('Microsoft.Storage.BlobDeleted');
  const handle = handler({ upstream, recorder, wantsDeletes, log });
  server.on('request', handle).on('checkContinue', handle);
  const eventGridServer = await startEventGridServer(eventGrid, eventGridPort);
  return {
    url: publicUrl,
    eventGridUrl: eventGridServer.url,
    async close() {
      await Promise.all([closeServer(server), eventGridServer.close()]);
      stop.abort();
      upstream.agent.destroy();
      await eventGrid.close();
      intents.close();
    },
  };
}

const KEEP_ALIVE_MS = 3_600_000;
const CLOSE_GRACE_MS = 500;
const PRODUCED = ['Microsoft.Storage.BlobCreated', 'Microsoft.Storage.BlobDeleted'];

function refuseOtherEvents(subscriptions: Subscription[]) {
  for (const { name, filter } of subscriptions) {
    const other = filter?.includedEventTypes?.find(
      (type) => type.startsWith('Microsoft.Storage.') && !PRODUCED.includes(type),
    );
    if (other === undefined) continue;
    throw new Error(
      `Event subscription "${name}" includes ${other}, which is not built; storage fires ${PRODUCED.join(' and ')}`,
    );
  }
}

function upstreamOf(azuriteUrl: string): Upstream {
  const { hostname, port } = new URL(azuriteUrl);
  return { host: hostname, port: Number(port), agent: new http.Agent({ keepAlive: true }) };
}

function listen(server: http.Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}

interface HandlerContext {
  upstream: Upstream;
  recorder: WriteRecorder;
  wantsDeletes: boolean;
  log: (line: string) => void;
}

const TOLD_AGAIN_AFTER_MS = 10_000;

function handler({ upstream, recorder, wantsDeletes, log }: HandlerContext) {
  let toldAt = 0;
  return (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '', headers } = request;
    const asked: BlobRequest = { method, url, headers };
    if (wantsDeletes && isBatch(asked)) return refuse(response, BATCH_NOT_BUILT);
    const serve = async () => forward(request, response, upstream, hooksFor(asked, recorder));
    serve().catch((error: unknown) => {
      // A write that cannot be journaled is not forwarded: a full disk costs the write, not its event.
      const message = `The gateway failed: ${String(error)}. Is the disk full?`;
      refuse(response, { status: 500, code: 'InternalError', message });
      if (Date.now() - toldAt < TOLD_AGAIN_AFTER_MS) return;
      toldAt = Date.now();
      log(`${message} ${method} ${url.split('?')[0]} was refused.`);
    });
  };
}

const BATCH_NOT_BUILT = {
  status: 501,
  code: 'NotImplemented',
  message:
    'Blob batch (comp=batch) is not built where an event subscription wants BlobDeleted. Delete blobs one by one.',
};

/** Azurite knows the well-known account only, so no other can write. */
function hooksFor(asked: BlobRequest, recorder: WriteRecorder): ForwardHooks {
  const write = readBlobWrite(asked);
  const underWay =
    write?.account === WELL_KNOWN_ACCOUNT.name ? recorder.begin(write, asked.headers) : undefined;
  if (!underWay) return { answered: async () => {}, lost: () => {} };
  return {
    answered: (answer) => recorder.answered(underWay, answer),
    lost: () => recorder.lost(underWay),
  };
}

function closeServer(server: http.Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}
