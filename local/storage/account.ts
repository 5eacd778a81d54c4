import { createHmac } from 'node:crypto';

/** Azurite's well-known account; its key is public. */
export const WELL_KNOWN_ACCOUNT = {
  name: 'devstoreaccount1',
  key: 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
} as const;

const VERSION = '2021-08-06';

/** Headers that sign a HEAD request without a query for the well-known account; `path` is percent-encoded. */
export function signHead(path: string, now: number): Record<string, string> {
  const { name, key } = WELL_KNOWN_ACCOUNT;
  const date = new Date(now).toUTCString();
  // The eleven lines between are standard headers, all empty (learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key).
  const text = `HEAD${'\n'.repeat(12)}x-ms-date:${date}\nx-ms-version:${VERSION}\n/${name}${path}`;
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64');
  return {
    'x-ms-date': date,
    'x-ms-version': VERSION,
    authorization: `SharedKey ${name}:${signature}`,
  };
}
