import { request, type IncomingHttpHeaders } from 'node:http';
import { sign } from '../../../local/batch/wire/shared-key.ts';
import type { BatchEmulator } from '../../../local/batch/start.ts';

/** A request as a test wants it on the wire; null leaves a header or the signature out. */
export interface RawRequest {
  method?: string;
  /** With its query; api-version is added unless `version` is null. */
  path: string;
  version?: string | null;
  headers?: Record<string, string>;
  body?: unknown;
  authorization?: string | null;
}

/** What came back. */
export interface RawResponse {
  status: number;
  reason: string;
  headers: IncomingHttpHeaders;
  text: string;
  json: unknown;
}

/** Sends one request without any client library. */
export function raw(
  emulator: Pick<BatchEmulator, 'url' | 'account' | 'key'>,
  wanted: RawRequest,
): Promise<RawResponse> {
  const { method = 'GET', headers = {}, version = '2022-10-01.16.0' } = wanted;
  const text = typeof wanted.body === 'string' ? wanted.body : JSON.stringify(wanted.body);
  const mark = wanted.path.includes('?') ? '&' : '?';
  const path = version === null ? wanted.path : `${wanted.path}${mark}api-version=${version}`;
  const sent: Record<string, string> = { 'ocp-date': new Date().toUTCString(), ...headers };
  // As clients do, and as Node would add unsigned.
  if (text === undefined && method.startsWith('P')) sent['content-length'] = '0';
  if (text !== undefined) {
    sent['content-type'] = 'application/json; odata=minimalmetadata; charset=utf-8';
    sent['content-length'] = String(Buffer.byteLength(text));
  }
  const lower = Object.fromEntries(
    Object.entries(sent).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const [plain = '', query = ''] = path.split('?');
  const signature = sign(
    { method, path: plain, query: [...new URLSearchParams(query)], headers: lower },
    emulator.account,
    emulator.key,
  );
  const authorization =
    wanted.authorization === undefined
      ? `SharedKey ${emulator.account}:${signature}`
      : wanted.authorization;
  if (authorization !== null) sent.authorization = authorization;
  return exchange(`${emulator.url}${path}`, { method, headers: sent, text });
}

function exchange(
  url: string,
  {
    method,
    headers,
    text,
  }: { method: string; headers: Record<string, string>; text: string | undefined },
): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => (body += part));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          reason: response.statusMessage ?? '',
          headers: response.headers,
          text: body,
          json: body.startsWith('{') ? JSON.parse(body) : undefined,
        }),
      );
    });
    sent.on('error', reject);
    sent.end(text);
  });
}
