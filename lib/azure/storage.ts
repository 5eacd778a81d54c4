import {
  BlobServiceClient,
  type ContainerClient,
  type RestError,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { CONTROL_CONTAINER, WORK_CONTAINER } from '../plan/pipeline-schema.ts';
import { identity } from './credentials.ts';
import { createLimiter } from './limiter.ts';
import { type Fault, retryAfterSeconds, socketCode, withRetry } from './retry.ts';
import { getSettings, storageAccount } from './settings.ts';

let service: Promise<BlobServiceClient> | undefined;
const ready = new Map<string, Promise<ContainerClient>>();

/** The storage account's client; its own retries are off, ours do. */
export function blobService(): Promise<BlobServiceClient> {
  service ??= connect();
  return service;
}

async function connect(): Promise<BlobServiceClient> {
  const { storageUrl, storageKey } = getSettings();
  const credential = storageKey
    ? new StorageSharedKeyCredential(storageAccount(storageUrl), storageKey)
    : await identity();
  return new BlobServiceClient(storageUrl, credential, {
    retryOptions: { maxTries: 1 },
    keepAliveOptions: { enable: true },
  });
}

/** A container, created when it is not there; asked once per process. */
export function container(name: string): Promise<ContainerClient> {
  const known = ready.get(name);
  if (known) return known;
  const opening = openContainer(name);
  ready.set(name, opening);
  opening.catch(() => ready.delete(name));
  return opening;
}

async function openContainer(name: string): Promise<ContainerClient> {
  const client = (await blobService()).getContainerClient(name);
  await storageCall(`Creating container ${name}`, () => client.createIfNotExists());
  return client;
}

/** Sluice's records; tasks never get a way to write here. */
export const controlContainer = (): Promise<ContainerClient> => container(CONTROL_CONTAINER);

/** What tasks write. */
export const workContainer = (): Promise<ContainerClient> => container(WORK_CONTAINER);

/** Calls to storage at once, of this process. */
const SERVICE = { read: storageFault, limiter: createLimiter(64) };

/** One call to Blob Storage under the retry policy; `what` begins the message of its error. */
export function storageCall<T>(what: string, call: () => Promise<T>): Promise<T> {
  return withRetry(call, SERVICE, what);
}

/** HTTP status that storage answered with; undefined for anything else. */
export function statusOf(error: unknown): number | undefined {
  const { cause } = error as { cause?: unknown };
  return (error as RestError).statusCode ?? (cause as RestError | undefined)?.statusCode;
}

function storageFault(error: unknown): Fault | null {
  const { statusCode, code, details, message } = error as RestError & {
    details?: { errorCode?: string };
  };
  const service = 'Storage' as const;
  if (statusCode !== undefined) {
    const header = (error as RestError).response?.headers.get('retry-after');
    return {
      service,
      status: statusCode,
      code: details?.errorCode ?? code,
      message: (message ?? '').split('\n')[0] ?? '',
      retryAfterSeconds: retryAfterSeconds(header, Date.now()),
    };
  }
  const socket = socketCode(error);
  if (!socket) return null;
  return { service, status: undefined, code: socket, message, retryAfterSeconds: undefined };
}
