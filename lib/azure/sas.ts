import {
  BlobSASPermissions,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
  type UserDelegationKey,
} from '@azure/storage-blob';
import { getSettings, storageAccount } from './settings.ts';
import { blobService, storageCall } from './storage.ts';

/** The longest life of a user delegation key, and so of what it signs; tasks may wait that long for a node. */
const LIFE_SECONDS = 7 * 86_400 - 900;
/** Clocks of nodes may be behind ours. */
const SKEW_SECONDS = 900;

/** Signs URLs that give a task just the access it needs, for as long as it may have to wait. */
export interface Signer {
  /** A blob, readable. */
  readBlob(container: string, name: string): string;
  /** A container, readable and listable. */
  readContainer(container: string): string;
  /** A container where blobs may be created and written, but not read or listed. */
  writeContainer(container: string): string;
}

type Key = StorageSharedKeyCredential | { delegation: UserDelegationKey };

/** A signer whose URLs hold from `now` for about seven days. */
export async function signer(now: Date): Promise<Signer> {
  const { storageUrl, storageKey } = getSettings();
  const account = storageAccount(storageUrl);
  const span = {
    startsOn: new Date(now.getTime() - SKEW_SECONDS * 1000),
    expiresOn: new Date(now.getTime() + LIFE_SECONDS * 1000),
  };
  const key: Key = storageKey
    ? new StorageSharedKeyCredential(account, storageKey)
    : { delegation: await delegationKey(span) };
  const sign = (container: string, blobName: string | undefined, permissions: string): string => {
    const values = {
      ...span,
      containerName: container,
      ...(blobName === undefined
        ? { permissions: ContainerSASPermissions.parse(permissions) }
        : { blobName, permissions: BlobSASPermissions.parse(permissions) }),
      protocol: storageUrl.startsWith('https:') ? SASProtocol.Https : SASProtocol.HttpsAndHttp,
    };
    const query =
      key instanceof StorageSharedKeyCredential
        ? generateBlobSASQueryParameters(values, key)
        : generateBlobSASQueryParameters(values, key.delegation, account);
    return `${urlOf(storageUrl, container, blobName)}?${query.toString()}`;
  };
  return {
    readBlob: (container, name) => sign(container, name, 'r'),
    readContainer: (container) => sign(container, undefined, 'rl'),
    writeContainer: (container) => sign(container, undefined, 'cw'),
  };
}

async function delegationKey(span: {
  startsOn: Date;
  expiresOn: Date;
}): Promise<UserDelegationKey> {
  const service = await blobService();
  return storageCall('Getting a user delegation key', () =>
    service.getUserDelegationKey(span.startsOn, span.expiresOn),
  );
}

/** The plain URL of a container or blob in our account, percent-encoded as the storage client does it. */
export function blobUrl(container: string, name?: string): string {
  return urlOf(getSettings().storageUrl, container, name);
}

function urlOf(storageUrl: string, container: string, name: string | undefined): string {
  if (name === undefined) return `${storageUrl}/${container}`;
  const path = name.split('/').map(encodeURIComponent).join('/');
  return `${storageUrl}/${container}/${path}`;
}

/** Whether a blob's URL still names that blob after a URL parser has had it; `a/../b` and backslashes do not. */
export function addressable(name: string): boolean {
  const url = blobUrl('c', name);
  return !name.includes('\\') && new URL(url).href === url;
}
