import { isAbsolute, join, relative } from 'node:path';
import { download, downloadFailure, type Download } from './download.ts';
import { TaskFailure } from './failures.ts';
import { inParallel } from './in-parallel.ts';
import { blobUrl } from './upload.ts';

/** A resource file of a task as it was accepted. */
export interface ResourceFile {
  httpUrl?: string;
  storageContainerUrl?: string;
  blobPrefix?: string;
  filePath?: string;
  fileMode?: string;
}

const inFlight = 8;
const defaultMode = 0o770;

/** Brings a task's resource files into its working directory; throws TaskFailure when one cannot be had. */
export async function fetchResourceFiles(
  files: readonly ResourceFile[],
  working: string,
  signal: AbortSignal,
): Promise<void> {
  if (files.length === 0) return;
  await inParallel(expand(files, working, signal), inFlight, (item) => download(item, signal));
}

async function* expand(
  files: readonly ResourceFile[],
  working: string,
  signal: AbortSignal,
): AsyncGenerator<Download> {
  for (const file of files) {
    const mode = file.fileMode === undefined ? defaultMode : Number.parseInt(file.fileMode, 8);
    if (file.httpUrl !== undefined) {
      yield { url: file.httpUrl, target: within(working, file.filePath ?? ''), mode };
    } else if (file.storageContainerUrl !== undefined) {
      const container = file.storageContainerUrl;
      for await (const blob of listBlobs(container, file.blobPrefix, signal)) {
        yield {
          url: blobUrl(container, blob),
          target: within(working, join(file.filePath ?? '.', blob)),
          mode,
        };
      }
    }
  }
}

async function* listBlobs(
  container: string,
  prefix: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<string> {
  // Loaded only here: it takes longer than the rest of the emulator.
  const { ContainerClient, RestError } = await import('@azure/storage-blob');
  const client = new ContainerClient(container, undefined, {
    retryOptions: { maxTries: 5, retryDelayInMs: 200 },
  });
  const options = { abortSignal: signal, ...(prefix !== undefined && { prefix }) };
  try {
    for await (const blob of client.listBlobsFlat(options)) {
      // Directory markers of hierarchical accounts are no files.
      if (!blob.name.endsWith('/')) yield blob.name;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof RestError)) throw error;
    throw downloadFailure(
      listFailures[error.statusCode ?? 0] ?? 'BlobDownloadMiscError',
      container,
      error.message,
    );
  }
}

const listFailures: Record<number, string> = {
  401: 'BlobAccessDenied',
  403: 'BlobAccessDenied',
  404: 'BlobNotFound',
};

function within(working: string, path: string): string {
  const target = join(working, path);
  const inner = relative(working, target);
  if (inner !== '' && !inner.startsWith('../') && inner !== '..' && !isAbsolute(inner)) {
    return target;
  }
  throw new TaskFailure(
    'ResourceFileCreateFailed',
    'A resource file would lie outside the working directory',
    {
      FilePath: path,
    },
  );
}
