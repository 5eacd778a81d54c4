import type { ContainerClient } from '@azure/storage-blob';
import { codeOf, messageOf } from '../errors.ts';
import type { Upload } from '../view/live-view.ts';
import type { NamedFile } from './names.ts';

/** Requests in flight: enough to hide the way to Azure, few enough for a laptop's emulator. */
const IN_FLIGHT = 16;

export interface UploadedFile extends NamedFile {
  url: string;
  etag: string;
}

export interface UploadResult {
  uploaded: UploadedFile[];
  failed: { path: string; name: string; message: string }[];
}

export interface UploadOptions {
  onProgress: (progress: Upload) => void;
  signal?: AbortSignal;
}

/** Uploads every file, a bounded number at a time; a file that fails does not stop the others. */
export async function uploadFiles(
  container: ContainerClient,
  files: readonly NamedFile[],
  { onProgress, signal }: UploadOptions,
): Promise<UploadResult> {
  const result: UploadResult = { uploaded: [], failed: [] };
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const report = () =>
    onProgress({
      files: files.length,
      bytes,
      done: result.uploaded.length,
      failed: result.failed.length,
    });
  const queue = files.values();
  const work = async () => {
    // One iterator for all workers: each takes the next file when it is free.
    for (const file of queue) {
      signal?.throwIfAborted();
      await uploadOne(container, file, result);
      report();
    }
  };
  report();
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  result.uploaded.sort((a, b) => (a.name < b.name ? -1 : 1));
  return result;
}

async function uploadOne(
  container: ContainerClient,
  file: NamedFile,
  result: UploadResult,
): Promise<void> {
  const blob = container.getBlockBlobClient(file.name);
  try {
    const { etag } = await blob.uploadFile(file.path);
    result.uploaded.push({ ...file, url: blob.url, etag: etag ?? '' });
  } catch (error) {
    const message = codeOf(error) ?? messageOf(error);
    result.failed.push({ path: file.path, name: file.name, message });
  }
}
