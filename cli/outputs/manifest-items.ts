import { createHash } from 'node:crypto';
import { BlobClient, type BlobServiceClient } from '@azure/storage-blob';
import type { Manifest, ManifestItem } from '../api/types.ts';
import { CliError } from '../errors.ts';

/** Items of a manifest, those of a large run part by part. Throws a {@link CliError} for a part that is not as written. */
export async function* itemsOf(
  { items, parts }: Manifest,
  storage: BlobServiceClient,
): AsyncGenerator<ManifestItem> {
  yield* items ?? [];
  for (const { url, md5 } of parts ?? []) {
    const { container, name } = blobOf(url);
    const body = await storage.getContainerClient(container).getBlobClient(name).downloadToBuffer();
    if (createHash('md5').update(body).digest('hex') !== md5) {
      throw new CliError(`The part ${url} of the manifest is not as it was written.`);
    }
    for (const line of body.toString().split('\n').filter(Boolean)) {
      yield JSON.parse(line) as ManifestItem;
    }
  }
}

/** Container and name of the blob at a URL. */
export function blobOf(url: string): { container: string; name: string } {
  const { containerName, name } = new BlobClient(url);
  return { container: containerName, name };
}
