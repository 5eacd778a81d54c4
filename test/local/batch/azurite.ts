import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BlobServiceClient,
  ContainerSASPermissions,
  StorageSharedKeyCredential,
  type ContainerClient,
} from '@azure/storage-blob';

/** A blob store of a test's own. */
export interface TestStorage {
  service: BlobServiceClient;
  /** A new container and its URL with a SAS. */
  container(name: string, permissions?: string): Promise<{ client: ContainerClient; url: string }>;
  close(): Promise<void>;
}

/** Starts Azurite's blob service on a free port, with its data in a temporary directory. */
export async function startStorage(): Promise<TestStorage> {
  const directory = await mkdtemp(join(tmpdir(), 'azurite-'));
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [program, ...flags, '--blobPort', String(port), '--location', directory],
    {
      stdio: 'ignore',
      cwd: directory,
    },
  );
  const credential = new StorageSharedKeyCredential(account, key);
  const service = new BlobServiceClient(`http://127.0.0.1:${port}/${account}`, credential, {
    retryOptions: { maxTries: 1 },
  });
  await untilReady(service);
  return {
    service,
    async container(name, permissions = 'rwlc') {
      const client = service.getContainerClient(name);
      await client.createIfNotExists();
      const url = await client.generateSasUrl({
        permissions: ContainerSASPermissions.parse(permissions),
        expiresOn: new Date(Date.now() + 3_600_000),
      });
      return { client, url };
    },
    async close() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const program = join(process.cwd(), 'node_modules/azurite/dist/src/blob/main.js');
const flags = [
  '--skipApiVersionCheck',
  '--disableTelemetry',
  '--silent',
  '--blobHost',
  '127.0.0.1',
];
const account = 'devstoreaccount1';
// Azurite's published development key.
const key =
  'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

async function untilReady(service: BlobServiceClient): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    try {
      await service.getProperties();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error('Azurite did not start within 10 s.');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
