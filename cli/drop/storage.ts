import type { BlobServiceClient, ContainerClient } from '@azure/storage-blob';
import { ACCOUNTS } from '../../local/stack/accounts.ts';
import { CliError, codeOf, messageOf } from '../errors.ts';

/** Azurite's account and key are public: everybody has the same. */
const EMULATOR = ACCOUNTS.storage;

/** A client for a blob endpoint: the emulator's key on loopback, otherwise whoever is signed in to Azure. */
export async function openStorage(endpoint: string): Promise<BlobServiceClient> {
  const { BlobServiceClient, StorageSharedKeyCredential } = await import('@azure/storage-blob');
  if (isEmulator(endpoint)) {
    const credential = new StorageSharedKeyCredential(EMULATOR.name, EMULATOR.key);
    return new BlobServiceClient(endpoint, credential);
  }
  const { DefaultAzureCredential } = await import('@azure/identity');
  return new BlobServiceClient(endpoint, new DefaultAzureCredential());
}

/** The container, made if it is not there. */
export async function openContainer(endpoint: string, name: string): Promise<ContainerClient> {
  const container = (await openStorage(endpoint)).getContainerClient(name);
  try {
    await container.createIfNotExists();
    return container;
  } catch (error) {
    throw storageError(`Could not open the container '${name}' at ${endpoint}`, error);
  }
}

/** The content of a small blob, by its URL. */
export async function readBlob(endpoint: string, url: string): Promise<Buffer> {
  const { BlobClient } = await import('@azure/storage-blob');
  const { containerName, name } = new BlobClient(url);
  const storage = await openStorage(endpoint);
  try {
    return await storage.getContainerClient(containerName).getBlobClient(name).downloadToBuffer();
  } catch (error) {
    throw storageError(`Could not read ${url}`, error);
  }
}

function isEmulator(endpoint: string): boolean {
  const { hostname, pathname } = new URL(endpoint);
  const loopback = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
  return loopback && pathname.startsWith(`/${EMULATOR.name}`);
}

function storageError(what: string, error: unknown): CliError {
  const next =
    codeOf(error) === 'ECONNREFUSED'
      ? 'Nothing listens there. Is the stack running?   npm start'
      : 'On Azure: sign in with az login, and have the role Storage Blob Data Contributor.';
  return new CliError(`${what}: ${codeOf(error) ?? messageOf(error)}.`, { next, cause: error });
}
