import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import {
  BlobServiceClient,
  type ContainerClient,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { onTestFinished } from 'vitest';
import type { EventGridEvent } from '../../../local/events/event.ts';
import { startPart, type PartProcess } from '../../../local/stack/part.ts';
import { WELL_KNOWN_ACCOUNT } from '../../../local/storage/account.ts';

/** Does what it is given after the test, last given first, or after the file's last one in a beforeAll. */
export type Cleanup = (undo: () => unknown) => void;

const afterTest: Cleanup = (undo) => onTestFinished(async () => void (await undo()));

/** A folder that is removed in the end. */
export function temporaryFolder(cleanup: Cleanup = afterTest): string {
  const folder = mkdtempSync(`${tmpdir()}/storage-`);
  cleanup(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts one of storage's parts as the process it is in a stack. */
export async function startStoragePart(
  name: 'azurite' | 'gateway',
  dataDir: string,
  { args = [], cleanup = afterTest }: { args?: string[]; cleanup?: Cleanup } = {},
): Promise<PartProcess> {
  const script = fileURLToPath(new URL(`../../../local/storage/${name}-main.ts`, import.meta.url));
  const common = ['--data-dir', dataDir, '--exit-with-parent', '--json'];
  const logFile = `${dataDir}.log`;
  const part = await startPart({ name, script, args: [...common, ...args], env: {}, logFile });
  cleanup(() => part.stop());
  return part;
}

export const credential = new StorageSharedKeyCredential(
  WELL_KNOWN_ACCOUNT.name,
  WELL_KNOWN_ACCOUNT.key,
);

/** The real client, at a service's root; it does not retry unless asked. */
export function clientAt(
  root: string,
  options: { key?: StorageSharedKeyCredential; tries?: number } = {},
) {
  const { key = credential, tries = 1 } = options;
  const retryOptions = { maxTries: tries, retryDelayInMs: 50, maxRetryDelayInMs: 200 };
  return new BlobServiceClient(`${root}/${WELL_KNOWN_ACCOUNT.name}`, key, { retryOptions });
}

/** A subscriber that validates, takes every event and keeps it. */
export async function startSubscriber(cleanup: Cleanup = afterTest) {
  const events: EventGridEvent[] = [];
  const server = http.createServer(async (request, response) => {
    const [event] = JSON.parse(Buffer.concat(await request.toArray()).toString());
    if (request.headers['aeg-event-type'] === 'SubscriptionValidation') {
      response.end(JSON.stringify({ validationResponse: event.data.validationCode }));
      return;
    }
    events.push(event);
    response.writeHead(202).end();
  });
  const url = await listening(server, cleanup);
  return {
    events,
    url,
    async down() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    up: () =>
      new Promise<void>((resolve) =>
        server.listen(Number(new URL(url).port), '127.0.0.1', resolve),
      ),
  };
}

/** Has a server listen on loopback until the end; returns its root. */
export async function listening(
  server: http.Server,
  cleanup: Cleanup = afterTest,
): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanup(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Names of all blobs in a container, in the order of the listing. */
export async function namesIn(container: ContainerClient): Promise<string[]> {
  const names = [];
  for await (const { name } of container.listBlobsFlat()) names.push(name);
  return names;
}
