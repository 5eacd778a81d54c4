import type { BlobServiceClient } from '@azure/storage-blob';
import type { Manifest, ManifestFile } from '../api/types.ts';
import { blobOf, itemsOf } from '../outputs/manifest-items.ts';

/** An output that is not in storage as the manifest has it, or a part of the manifest itself. */
export interface Fault {
  item: string;
  name: string;
  fault: string;
}

/** What storage has of a blob; `md5` in base64, null where storage has none. */
interface Stored {
  size: number;
  etag: string;
  md5: string | null;
}

/** Lists what a run left in storage and compares every output of its manifest with that. */
export async function verifyManifest(
  manifest: Manifest,
  storage: BlobServiceClient,
): Promise<{ checked: number; faults: Fault[] }> {
  const stored = new Map<string, Stored>();
  const listed = new Set<string>();
  const faults: Fault[] = [];
  let checked = 0;
  const check = async (item: string, file: ManifestFile): Promise<void> => {
    checked += 1;
    const { name } = blobOf(file.url);
    // Outputs of unchanged items are where the run left them that made them.
    const folder = /^runs\/[^/]+\/(merge\/)?out\//.exec(name)?.[0];
    if (folder && !listed.has(folder)) await listInto(stored, storage, folder);
    if (folder) listed.add(folder);
    const fault = faultOf(file, stored.get(name));
    if (fault) faults.push({ item, name: file.name, fault });
  };
  for await (const { id, outputs } of itemsOf(manifest, storage)) {
    for (const file of outputs) await check(id, file);
  }
  for (const file of manifest.merge?.outputs ?? []) await check('merge', file);
  return { checked, faults };
}

async function listInto(
  stored: Map<string, Stored>,
  storage: BlobServiceClient,
  prefix: string,
): Promise<void> {
  const container = storage.getContainerClient('sluice-work');
  for await (const { name, properties } of container.listBlobsFlat({ prefix })) {
    const { contentLength = 0, etag, contentMD5 } = properties;
    const md5 = contentMD5 ? Buffer.from(contentMD5).toString('base64') : null;
    stored.set(name, { size: contentLength, etag: quoted(etag), md5 });
  }
}

/** Where both sides have a hash it decides; else a blob that was written again has another ETag. */
function faultOf(file: ManifestFile, stored: Stored | undefined): string | null {
  if (!stored) return 'is gone';
  if (stored.size !== file.size) return `has ${stored.size} bytes instead of ${file.size}`;
  if (file.md5 && stored.md5) {
    return file.md5 === stored.md5 ? null : `has MD5 ${stored.md5} instead of ${file.md5}`;
  }
  return stored.etag === quoted(file.etag) ? null : 'was written again since';
}

function quoted(etag: string): string {
  return etag.startsWith('"') ? etag : `"${etag}"`;
}
