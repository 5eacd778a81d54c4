import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { TaskFailure, withoutQuery } from './failures.ts';
import { readText, send, type Transfer } from './http.ts';

/** One file to be put into a container. */
export interface Upload {
  file: string;
  /** With a SAS in its query. */
  containerUrl: string;
  blob: string;
  headers: Record<string, string>;
}

/** Bytes that one request puts; larger files go as blocks of this size. */
const blockBytes = 64 * 1024 * 1024;
/** Files up to this size are read at once: a stream costs more than their bytes. */
const smallBytes = 64 * 1024;

/** Puts a file as a block blob, streaming; throws TaskFailure with the code that Batch reports. Returns its size in bytes. */
export async function upload(item: Upload, signal: AbortSignal): Promise<number> {
  const { size } = await stat(item.file);
  const url = blobUrl(item.containerUrl, item.blob);
  if (size <= blockBytes) {
    const headers = { ...item.headers, 'x-ms-blob-type': 'BlockBlob' };
    const body = await wholeBody(item.file, size);
    const length = Buffer.isBuffer(body) ? body.length : size;
    await put({ item, url, headers, body, size: length }, signal);
    return length;
  }
  const ids: string[] = [];
  for (let start = 0; start < size; start += blockBytes) {
    const length = Math.min(blockBytes, size - start);
    const id = Buffer.from(String(ids.length).padStart(8, '0')).toString('base64');
    const blockUrl = withQuery(url, `comp=block&blockid=${encodeURIComponent(id)}`);
    await put(
      {
        item,
        url: blockUrl,
        headers: {},
        body: () => part(item.file, start, length),
        size: length,
      },
      signal,
    );
    ids.push(id);
  }
  const list = `<?xml version="1.0" encoding="utf-8"?><BlockList>${ids.map((id) => `<Latest>${id}</Latest>`).join('')}</BlockList>`;
  const headers = commitHeaders(item.headers);
  await put(
    {
      item,
      url: withQuery(url, 'comp=blocklist'),
      headers,
      body: () => Readable.from([list]),
      size: list.length,
    },
    signal,
  );
  return size;
}

/** The URL of a blob in a container, its name encoded, the container's SAS kept. */
export function blobUrl(containerUrl: string, blob: string): string {
  const [base = '', query] = containerUrl.split(/\?(.*)/s, 2);
  const path = blob.split('/').map(encodeURIComponent).join('/');
  const url = `${base.replace(/\/$/, '')}/${path}`;
  return query === undefined ? url : `${url}?${query}`;
}

interface Put {
  item: Upload;
  url: string;
  headers: Record<string, string>;
  body: Buffer | (() => Readable);
  size: number;
}

async function wholeBody(file: string, size: number): Promise<Put['body']> {
  // Most are records, which say it all by their names.
  if (size === 0) return Buffer.alloc(0);
  return size <= smallBytes ? readFile(file) : () => part(file, 0, size);
}

function part(file: string, start: number, length: number): Readable {
  return createReadStream(file, { start, end: start + length - 1 });
}

function withQuery(url: string, query: string): string {
  return url.includes('?') ? `${url}&${query}` : `${url}?${query}`;
}

function commitHeaders(headers: Record<string, string>): Record<string, string> {
  // Put Block List takes a blob's properties only under their x-ms-blob-* names.
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      /^content-/i.test(name) ? `x-ms-blob-${name.toLowerCase()}` : name,
      value,
    ]),
  );
}

async function put({ item, url, headers, body, size }: Put, signal: AbortSignal): Promise<void> {
  const transfer: Transfer = {
    method: 'PUT',
    url,
    headers: { ...headers, 'x-ms-version': '2021-12-02', 'Content-Length': size },
    body,
    signal,
  };
  const response = await send(transfer).catch((error: unknown) => {
    signal.throwIfAborted();
    throw uploadFailure('FileUploadMiscError', item, String(error));
  });
  const text = await readText(response);
  const status = response.statusCode ?? 0;
  if (status === 201) return;
  throw uploadFailure(codeOf(status), item, `HTTP status ${status}: ${text}`);
}

function codeOf(status: number): string {
  if (status === 404) return 'FileUploadContainerNotFound';
  if (status === 401 || status === 403) return 'FileUploadAccessDenied';
  return 'FileUploadMiscError';
}

const messages: Record<string, string> = {
  FileUploadContainerNotFound:
    'One of the specified Azure container(s) was not found while attempting to upload an output file',
  FileUploadAccessDenied:
    'Access was denied while attempting to upload an output file to one of the specified Azure container(s)',
};

function uploadFailure(code: string, item: Upload, message: string): TaskFailure {
  const text =
    messages[code] ??
    'A miscellaneous error was encountered while uploading one of the output files';
  return new TaskFailure(code, text, {
    FilePath: item.file,
    Destination: `${withoutQuery(item.containerUrl)}/${item.blob}`,
    Message: message,
  });
}
