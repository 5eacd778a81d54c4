import type { IncomingHttpHeaders } from 'node:http';

/** The operations that fire an event, by Event Grid's `data.api`. */
export type WriteApi = 'PutBlob' | 'PutBlockList' | 'CopyBlob' | 'DeleteBlob';

/** A request that fires an event if it succeeds. */
export interface BlobWrite {
  api: WriteApi;
  account: string;
  container: string;
  /** Decoded; may hold any character. */
  blob: string;
}

export interface BlobRequest {
  method: string;
  /** Path and query as they came. */
  url: string;
  headers: IncomingHttpHeaders;
}

/**
 * Reads from a request whether it commits or deletes a blob.
 *
 * Staged blocks, appended blocks, pages, properties and metadata fire nothing, nor does deleting a snapshot.
 */
export function readBlobWrite({ method, url, headers }: BlobRequest): BlobWrite | undefined {
  if (method !== 'PUT' && method !== 'DELETE') return undefined;
  const [path = '', query = ''] = splitOnce(url, '?');
  const api = apiOf(method, new URLSearchParams(query), headers);
  const place = api && readPlace(path);
  return place && { api, ...place };
}

/** Whether the request is a blob batch, which may hold deletes. */
export function isBatch({ method, url }: BlobRequest): boolean {
  const query = new URLSearchParams(splitOnce(url, '?')[1]);
  return method === 'POST' && query.get('comp') === 'batch';
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function apiOf(
  method: string,
  query: URLSearchParams,
  headers: IncomingHttpHeaders,
): WriteApi | undefined {
  const comp = query.get('comp');
  if (query.has('restype') || query.has('snapshot') || query.has('versionid')) return undefined;
  if (method === 'DELETE') {
    const onlySnapshots = headers['x-ms-delete-snapshots'] === 'only';
    return comp === null && !onlySnapshots ? 'DeleteBlob' : undefined;
  }
  if (comp === 'blocklist') return 'PutBlockList';
  if (comp !== null) return undefined;
  // Put Blob From URL has both headers.
  if (headers['x-ms-blob-type']) return 'PutBlob';
  return headers['x-ms-copy-source'] ? 'CopyBlob' : undefined;
}

/** The way Azurite reads a path: decoded first, then split, and a backslash in the blob's name is a slash. */
function readPlace(path: string) {
  try {
    const [, account, container, ...rest] = decodeURIComponent(path).split('/');
    const blob = rest.join('/').replaceAll('\\', '/');
    return account && container && blob ? { account, container, blob } : undefined;
  } catch {
    // Not valid percent-encoding: Azurite refuses it too.
    return undefined;
  }
}
