import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { BlobServiceClient } from '@azure/storage-blob';
import type { ManifestFile } from '../api/types.ts';
import { codeOf, messageOf } from '../errors.ts';
import { localPath } from './local-path.ts';
import { blobOf } from './manifest-items.ts';

const IN_FLIGHT = 8;

export interface Output {
  item: string;
  file: ManifestFile;
}

export interface Downloaded {
  item: string;
  name: string;
  /** Where it is now. */
  path: string;
  size: number;
  result: 'downloaded' | 'there already' | 'failed';
  /** Why it failed. */
  message?: string;
}

/** Writes every output below `folder`, each checked against the manifest; one that fails does not stop the others. */
export async function downloadAll(
  outputs: readonly Output[],
  { storage, folder }: { storage: BlobServiceClient; folder: string },
): Promise<Downloaded[]> {
  await mkdir(folder, { recursive: true });
  const root = await realpath(folder);
  const results: Downloaded[] = [];
  const taken = new Set<string>();
  const queue = outputs.entries();
  const work = async (): Promise<void> => {
    // One iterator for all workers: each takes the next output when it is free.
    for (const [index, output] of queue) {
      const path = join(root, ...localPath(output.item, output.file.name));
      results[index] = taken.has(path)
        ? told(output, path, new Error('another output has the same place'))
        : await downloadOne(output, { storage, root, path: claim(taken, path) });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  return results;
}

function claim(taken: Set<string>, path: string): string {
  taken.add(path);
  return path;
}

interface Place {
  storage: BlobServiceClient;
  /** The folder that nothing may leave, links resolved. */
  root: string;
  path: string;
}

async function downloadOne(output: Output, { storage, root, path }: Place): Promise<Downloaded> {
  const { item, file } = output;
  const what = { item, name: file.name, path, size: file.size };
  try {
    if (await isThere(path, file)) return { ...what, result: 'there already' };
    await mkdir(dirname(path), { recursive: true });
    await staysWithin(root, path);
    await fetchTo(path, file, storage);
    return { ...what, result: 'downloaded' };
  } catch (error) {
    return told(output, path, error);
  }
}

function told({ item, file }: Output, path: string, error: unknown): Downloaded {
  const message = codeOf(error) ?? messageOf(error);
  return { item, name: file.name, path, size: file.size, result: 'failed', message };
}

/** Without a hash in the manifest the same size proves nothing. */
async function isThere(path: string, file: ManifestFile): Promise<boolean> {
  const info = await stat(path).catch(() => null);
  if (!file.md5 || info?.size !== file.size || !info.isFile()) return false;
  return (await md5Of(path)) === file.md5;
}

/** A link in the folder may lead anywhere. */
async function staysWithin(root: string, path: string): Promise<void> {
  const parent = await realpath(dirname(path));
  if (parent === root || parent.startsWith(root.endsWith(sep) ? root : root + sep)) return;
  throw new Error(`${dirname(path)} is a link that leads out of the folder`);
}

/** The file appears under its name only when it is whole. */
async function fetchTo(
  path: string,
  file: ManifestFile,
  storage: BlobServiceClient,
): Promise<void> {
  const { container, name } = blobOf(file.url);
  const part = `${path}.part`;
  await rm(part, { force: true });
  try {
    await storage.getContainerClient(container).getBlobClient(name).downloadToFile(part);
    const { size } = await stat(part);
    if (size !== file.size) throw new Error(`has ${size} bytes instead of ${file.size}`);
    const md5 = file.md5 ? await md5Of(part) : null;
    if (file.md5 && md5 !== file.md5) throw new Error(`has MD5 ${md5} instead of ${file.md5}`);
    await rename(part, path);
  } finally {
    await rm(part, { force: true });
  }
}

async function md5Of(path: string): Promise<string> {
  const hash = createHash('md5');
  await pipeline(createReadStream(path), hash);
  return hash.digest('base64');
}
