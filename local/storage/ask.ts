import http from 'node:http';
import { signHead } from './account.ts';
import type { WrittenBlob } from './blob-event.ts';

/** A blob as it stands now; times in ms, of whole seconds. */
export interface BlobState extends WrittenBlob {
  lastModified: number;
  createdOn: number;
}

/** Asks Azurite for a blob by its URL; undefined when there is none. Rejects when Azurite is away or answers oddly. */
export async function askForBlob(url: string, agent: http.Agent): Promise<BlobState | undefined> {
  const { statusCode, headers } = await head(url, agent);
  if (statusCode === 404) return undefined;
  if (statusCode !== 200) throw new Error(`Azurite answered ${statusCode} to HEAD ${url}`);
  return {
    eTag: String(headers.etag),
    contentType: String(headers['content-type']),
    contentLength: Number(headers['content-length']),
    blobType: String(headers['x-ms-blob-type']),
    lastModified: Date.parse(String(headers['last-modified'])),
    createdOn: Date.parse(String(headers['x-ms-creation-time'])),
  };
}

function head(url: string, agent: http.Agent) {
  return new Promise<http.IncomingMessage>((resolve, reject) => {
    const headers = signHead(new URL(url).pathname, Date.now());
    const request = http.request(url, { method: 'HEAD', agent, headers });
    request
      .on('error', reject)
      .on('response', (response) => resolve(response.resume()))
      .end();
  });
}
