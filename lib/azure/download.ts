import type { ContainerClient } from '@azure/storage-blob';
import { messageOf, SluiceError } from '../errors.ts';
import { blobService, statusOf, storageCall } from './storage.ts';

/** A container that is not created by being asked for. */
export async function existingContainer(name: string): Promise<ContainerClient> {
  return (await blobService()).getContainerClient(name);
}

/** A blob on its way, and the version that it is. */
export interface Download {
  etag: string;
  /** Whole blob, in bytes. */
  size: number;
  bytes: AsyncIterable<Buffer>;
}

/**
 * Opens a blob, or bytes of it (`end` exclusive); it is never in memory as a whole. Null when there is none, `changed` when
 * it is not the version `etag` any more.
 */
export async function download(
  { container, name, etag }: { container: string; name: string; etag?: string },
  range: { start: number; end: number } | null = null,
): Promise<Download | 'changed' | null> {
  const client = (await existingContainer(container)).getBlobClient(name);
  const options = etag === undefined ? {} : { conditions: { ifMatch: etag } };
  const count = range ? range.end - range.start : undefined;
  try {
    const answer = await storageCall(`Reading ${container}/${name}`, () =>
      client.download(range?.start ?? 0, count, options),
    );
    const { contentLength = 0, contentRange } = answer;
    const size = Number(contentRange?.split('/')[1] ?? contentLength);
    return {
      etag: answer.etag ?? '',
      size,
      bytes: buffers(answer.readableStreamBody, `${container}/${name}`),
    };
  } catch (error) {
    const status = statusOf(error);
    if (status === 412) return 'changed';
    if (status === 404) return null;
    throw error;
  }
}

/** What breaks off in between cannot be gone on with here, so that is for whoever drives the run. */
async function* buffers(
  stream: NodeJS.ReadableStream | undefined,
  what: string,
): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream ?? []) yield Buffer.from(chunk);
  } catch (cause) {
    const message = `Reading ${what}: the answer of Azure Storage broke off: ${messageOf(cause)}`;
    throw new SluiceError('StorageUnavailable', message, { cause });
  }
}
