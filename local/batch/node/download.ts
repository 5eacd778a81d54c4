import { createWriteStream } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { TaskFailure, withoutQuery } from './failures.ts';
import { readText, send } from './http.ts';

/** One file to be brought to a node. */
export interface Download {
  url: string;
  target: string;
  /** Octal, e.g. 0770. */
  mode: number;
}

/** Brings one file to the node; throws TaskFailure with the code that Batch reports. */
export async function download(file: Download, signal: AbortSignal): Promise<void> {
  await makeDirectory(dirname(file.target));
  for (let attempt = 1; ; attempt++) {
    const response = await get(file.url, signal);
    try {
      await pipeline(response, createWriteStream(file.target), { signal });
      break;
    } catch (error) {
      signal.throwIfAborted();
      if (isFileError(error)) throw writeFailure(file, error);
      if (attempt === 3) throw downloadFailure('BlobDownloadMiscError', file.url, String(error));
    }
  }
  await chmod(file.target, file.mode);
}

async function get(url: string, signal: AbortSignal): Promise<IncomingMessage> {
  let location = url;
  for (let hop = 0; hop < 5; hop++) {
    const response = await sendGet(location, signal);
    const status = response.statusCode ?? 0;
    if (status === 200) return response;
    if (status >= 300 && status < 400 && response.headers.location !== undefined) {
      response.resume();
      location = new URL(response.headers.location, location).href;
      continue;
    }
    throw downloadFailure(
      codeOf(status),
      url,
      `HTTP status ${status}: ${await readText(response)}`,
    );
  }
  throw downloadFailure('BlobDownloadMiscError', url, 'More than 5 redirects.');
}

async function sendGet(url: string, signal: AbortSignal): Promise<IncomingMessage> {
  try {
    return await send({ method: 'GET', url, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw downloadFailure('BlobDownloadMiscError', url, String(error));
  }
}

function codeOf(status: number): string {
  if (status === 404) return 'BlobNotFound';
  // 409 is what storage answers when public access is not permitted on the account.
  if (status === 401 || status === 403 || status === 409) return 'BlobAccessDenied';
  return 'BlobDownloadMiscError';
}

const downloadMessages: Record<string, string> = {
  BlobNotFound: 'One of the specified Azure Blob(s) is not found',
  BlobAccessDenied: 'Access for one of the specified Azure Blob(s) is denied',
};

/** The failure of a task one of whose resource files could not be fetched. */
export function downloadFailure(code: string, url: string, message: string): TaskFailure {
  const text =
    downloadMessages[code] ??
    'Miscellaneous error encountered while downloading one of the specified Azure Blob(s)';
  return new TaskFailure(code, text, { BlobSource: withoutQuery(url), Message: message });
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw new TaskFailure(
      'ResourceDirectoryCreateFailed',
      'Cannot create a directory for a resource file',
      {
        Path: path,
        Message: String(error),
      },
    );
  }
}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return (
    error instanceof Error &&
    'syscall' in error &&
    ['open', 'write', 'close'].includes(String(error.syscall))
  );
}

function writeFailure(file: Download, error: NodeJS.ErrnoException): TaskFailure {
  const code = error.code === 'ENOSPC' ? 'DiskFull' : 'ResourceFileWriteFailed';
  return new TaskFailure(code, 'Cannot write a resource file', {
    Path: file.target,
    Message: error.message,
  });
}
