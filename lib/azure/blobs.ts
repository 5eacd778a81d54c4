import type { ContainerClient } from '@azure/storage-blob';
import { SluiceError } from '../errors.ts';
import { statusOf, storageCall } from './storage.ts';

/** A value read from storage and the version it had. */
export interface Versioned<T> {
  value: T;
  etag: string;
}

/** A blob as a listing tells of it. */
export interface Listed {
  name: string;
  etag: string;
  size: number;
  /** Last write, in milliseconds since 1970; whole seconds. */
  changedAt: number;
  /** Base64, where storage has one. */
  md5: string | null;
  metadata: Record<string, string>;
}

interface Content {
  contentType?: string;
  metadata?: Record<string, string>;
}

/** Writes a blob that must not be there yet; null when somebody was first, else its ETag. */
export function create(
  container: ContainerClient,
  name: string,
  body: string,
  content: Content = {},
): Promise<string | null> {
  return write({ container, name, body, content, conditions: { ifNoneMatch: '*' } });
}

/** Writes a blob only if it is still the version `etag`; null when it is not, else its new ETag. */
export function replace(
  container: ContainerClient,
  name: string,
  body: string,
  etag: string,
): Promise<string | null> {
  return write({ container, name, body, content: {}, conditions: { ifMatch: etag } });
}

/** Writes a blob whatever is there. */
export async function put(
  container: ContainerClient,
  name: string,
  body: string,
  content: Content = {},
): Promise<void> {
  await write({ container, name, body, content, conditions: {} });
}

/** A blob as it is now, without its content; null when it is not there. */
export async function stat(
  container: ContainerClient,
  name: string,
): Promise<Pick<Listed, 'etag' | 'size' | 'changedAt'> | null> {
  try {
    const { etag, contentLength, lastModified } = await storageCall(
      `Looking at ${container.containerName}/${name}`,
      () => container.getBlobClient(name).getProperties(),
    );
    const changedAt = lastModified?.getTime() ?? 0;
    return { etag: etag ?? '', size: contentLength ?? 0, changedAt };
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}

/** The text of a blob; null when it is not there. */
export async function read(
  container: ContainerClient,
  name: string,
): Promise<Versioned<string> | null> {
  try {
    return await storageCall(`Reading ${container.containerName}/${name}`, async () => {
      const response = await container.getBlobClient(name).download();
      return { value: await text(response.readableStreamBody), etag: response.etag ?? '' };
    });
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}

/** The last `bytes` of a blob as text, and its size; null when it is not there. */
export async function readTail(
  container: ContainerClient,
  name: string,
  bytes: number,
): Promise<{ text: string; size: number } | null> {
  const found = await stat(container, name);
  if (!found || found.size === 0) return found && { text: '', size: 0 };
  try {
    return await storageCall(`Reading ${container.containerName}/${name}`, async () => {
      const start = Math.max(0, found.size - bytes);
      const response = await container.getBlobClient(name).download(start);
      return { text: await text(response.readableStreamBody), size: found.size };
    });
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}

/** Bytes `start` to `end` of a blob, both included; null when it is not there, and no bytes past its end. */
export async function readRange(
  container: ContainerClient,
  name: string,
  { start, end }: { start: number; end: number },
): Promise<{ bytes: Buffer; size: number } | null> {
  const found = await stat(container, name);
  if (!found || start >= found.size) return found && { bytes: Buffer.alloc(0), size: found.size };
  const count = Math.min(end, found.size - 1) - start + 1;
  try {
    return await storageCall(`Reading ${container.containerName}/${name}`, async () => {
      const bytes = await container.getBlobClient(name).downloadToBuffer(start, count);
      return { bytes, size: found.size };
    });
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}

/** The JSON value of a blob; null when it is not there. Throws `CorruptRecord` when it is not JSON. */
export async function readJson<T>(
  container: ContainerClient,
  name: string,
): Promise<Versioned<T> | null> {
  const found = await read(container, name);
  if (!found) return null;
  try {
    return { value: JSON.parse(found.value) as T, etag: found.etag };
  } catch (cause) {
    const where = `${container.containerName}/${name}`;
    throw new SluiceError('CorruptRecord', `${where} should hold JSON but does not`, { cause });
  }
}

/** Every blob whose name begins with `prefix`, page after page of 5,000. */
export async function* list(
  container: ContainerClient,
  prefix: string,
  options: { metadata?: boolean } = {},
): AsyncGenerator<Listed> {
  let continuationToken: string | undefined;
  do {
    const page = await listPage(container, prefix, {
      metadata: options.metadata === true,
      size: 5000,
      continuationToken,
    });
    yield* page.blobs;
    ({ continuationToken } = page);
  } while (continuationToken);
}

/** The first `count` blobs under `prefix`, in the order of their names. */
export async function first(
  container: ContainerClient,
  prefix: string,
  count: number,
): Promise<Listed[]> {
  const page = await listPage(container, prefix, {
    metadata: false,
    size: count,
    continuationToken: undefined,
  });
  return page.blobs;
}

/** Deletes a blob; one that is not there is as good. With an `etag` any other version of it stays. */
export async function remove(
  container: ContainerClient,
  name: string,
  etag?: string,
): Promise<void> {
  const conditions = etag === undefined ? {} : { ifMatch: etag };
  try {
    await storageCall(`Deleting ${container.containerName}/${name}`, () =>
      container.getBlobClient(name).deleteIfExists({ conditions }),
    );
  } catch (error) {
    if (etag === undefined || statusOf(error) !== 412) throw error;
  }
}

async function write(request: {
  container: ContainerClient;
  name: string;
  body: string;
  content: Content;
  conditions: { ifMatch?: string; ifNoneMatch?: string };
}): Promise<string | null> {
  const { container, name, body, content, conditions } = request;
  const client = container.getBlockBlobClient(name);
  const bytes = Buffer.from(body);
  const options = {
    conditions,
    blobHTTPHeaders: { blobContentType: content.contentType ?? 'application/json' },
    ...(content.metadata ? { metadata: content.metadata } : {}),
  };
  try {
    const response = await storageCall(`Writing ${container.containerName}/${name}`, () =>
      client.upload(bytes, bytes.length, options),
    );
    return response.etag ?? '';
  } catch (error) {
    const status = statusOf(error);
    if (status === 409 || status === 412) return null;
    throw error;
  }
}

async function text(stream: NodeJS.ReadableStream | undefined): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream ?? []) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

/** One page of a listing; its token leads to the next one and stays good when other blobs come and go. */
export async function listPage(
  container: ContainerClient,
  prefix: string,
  options: { metadata: boolean; size: number; continuationToken: string | undefined },
): Promise<{ blobs: Listed[]; continuationToken: string | undefined }> {
  const { metadata, size, continuationToken } = options;
  const settings = { maxPageSize: size, ...(continuationToken ? { continuationToken } : {}) };
  // A fresh iterator for each try: one that has thrown says ever after that there is nothing more.
  const { value } = await storageCall(`Listing ${container.containerName}/${prefix}`, () =>
    container.listBlobsFlat({ prefix, includeMetadata: metadata }).byPage(settings).next(),
  );
  const blobs = (value?.segment.blobItems ?? []) as ListedItem[];
  return { blobs: blobs.map(toListed), continuationToken: value?.continuationToken || undefined };
}

interface ListedItem {
  name: string;
  properties: { etag: string; contentLength?: number; lastModified: Date; contentMD5?: Uint8Array };
  metadata?: Record<string, string>;
}

function toListed({ name, properties, metadata }: ListedItem): Listed {
  const { etag, contentLength, lastModified, contentMD5 } = properties;
  return {
    name,
    etag: etag.startsWith('"') ? etag : `"${etag}"`,
    size: contentLength ?? 0,
    changedAt: lastModified.getTime(),
    md5: contentMD5 ? Buffer.from(contentMD5).toString('base64') : null,
    metadata: metadata ?? {},
  };
}
