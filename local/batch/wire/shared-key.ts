import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { BatchError } from './errors.ts';

/** What SharedKey signs of a request. */
export interface SignedRequest {
  method: string;
  /** Path as on the wire, still percent-encoded. */
  path: string;
  /** Decoded query parameters in the order they came. */
  query: readonly (readonly [string, string])[];
  headers: IncomingHttpHeaders;
}

/** Credentials of the one account that is emulated; `key` is base64. */
export interface Credentials {
  account: string;
  key: string;
}

/** Throws, in words for whoever starts the emulator, unless the name and the key can be those of an account. */
export function requireCredentials({ account, key }: Credentials): void {
  if (!/^[a-z0-9]{3,24}$/.test(account)) {
    throw new Error(
      `'${account}' cannot be the name of a Batch account: it has 3 to 24 characters of a-z and 0-9.`,
    );
  }
  if (Buffer.from(key, 'base64').length < 16 || !/^[A-Za-z0-9+/]+={0,2}$/.test(key)) {
    throw new Error(
      'The key must be base64 of at least 16 bytes, for example from: openssl rand -base64 64',
    );
  }
}

/** Throws AuthenticationFailed or InvalidAuthenticationInfo unless the request carries the account's SharedKey signature. */
export function verifySharedKey(request: SignedRequest, credentials: Credentials): void {
  const { account, signature } = parseHeader(request.headers.authorization);
  if (account.toLowerCase() !== credentials.account.toLowerCase()) {
    throw new BatchError('AuthenticationFailed', {
      values: [
        {
          key: 'AuthenticationErrorDetail',
          value: `The account here is ${credentials.account}, not ${account}.`,
        },
      ],
    });
  }
  if (request.headers['ocp-date'] === undefined && request.headers.date === undefined) {
    throw new BatchError('AuthenticationFailed', {
      values: [
        {
          key: 'AuthenticationErrorDetail',
          value: 'The request has neither an ocp-date nor a Date header.',
        },
      ],
    });
  }
  // Clients on node-fetch sign an apostrophe in the path as it is but send it encoded.
  const paths = request.path.includes('%27')
    ? [request.path, request.path.replaceAll('%27', "'")]
    : [request.path];
  if (
    paths.some((path) => equal(signature, sign({ ...request, path }, account, credentials.key)))
  ) {
    return;
  }
  throw new BatchError('AuthenticationFailed', {
    values: [
      {
        key: 'AuthenticationErrorDetail',
        value: `The signature does not match. String to sign used was ${JSON.stringify(stringToSign(request, account))}.`,
      },
    ],
  });
}

/** The base64 signature of a request. */
export function sign(request: SignedRequest, account: string, key: string): string {
  return createHmac('sha256', Buffer.from(key, 'base64'))
    .update(stringToSign(request, account), 'utf8')
    .digest('base64');
}

function parseHeader(header: string | undefined): { account: string; signature: string } {
  if (header === undefined) {
    throw new BatchError('AuthenticationFailed', {
      values: [{ key: 'AuthenticationErrorDetail', value: 'The Authorization header is missing.' }],
    });
  }
  const match = /^SharedKey ([^:\s]+):(\S+)$/i.exec(header);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new BatchError('InvalidAuthenticationInfo');
  }
  return { account: match[1], signature: match[2] };
}

const plainHeaders = [
  'content-encoding',
  'content-language',
  'content-length',
  'content-md5',
  'content-type',
  'date',
  'if-modified-since',
  'if-match',
  'if-none-match',
  'if-unmodified-since',
  'range',
];

function stringToSign(request: SignedRequest, account: string): string {
  const { headers } = request;
  const plain = plainHeaders.map((name) => `${one(headers[name])}\n`).join('');
  const ocp = Object.keys(headers)
    .filter((name) => name.startsWith('ocp-'))
    .toSorted()
    .map((name) => `${name}:${one(headers[name])}\n`)
    .join('');
  return `${request.method}\n${plain}${ocp}/${account}${request.path}${canonicalQuery(request.query)}`;
}

function canonicalQuery(query: SignedRequest['query']): string {
  // Both clients sign the first value of a repeated name.
  const first = new Map<string, string>();
  for (const [name, value] of query) if (!first.has(name)) first.set(name, value);
  return [...first]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `\n${name}:${value}`)
    .join('');
}

function one(value: string | string[] | undefined): string {
  return Array.isArray(value) ? value.join(',') : (value ?? '');
}

function equal(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
