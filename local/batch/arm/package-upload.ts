import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Account } from '../account.ts';
import type { ApplicationPackage } from '../application/store.ts';
import { isoTime } from '../time/stamp.ts';
import { ArmError } from './errors.ts';
import type { ArmReply, ArmRequest } from './request.ts';

/** Where the bytes of application packages are uploaded to, as block blobs. */
export const uploadPrefix = '/_packages/';

/** Milliseconds that an upload's URL holds. */
const validity = 4 * 3_600_000;

/** The URL that the bytes of a version go to, with its signature, and until when it holds. */
export function uploadUrl(
  { account, baseUrl, key }: ArmRequest,
  { applicationId, version }: ApplicationPackage,
): { storageUrl: string; storageUrlExpiry: string } {
  const expiry = isoTime(Math.floor(account.clock.now() + validity) * 1000);
  const path = `${uploadPrefix}${applicationId}/${version}`;
  const query = new URLSearchParams({
    se: expiry,
    sp: 'rw',
    sig: signature(key, path, expiry),
  });
  return { storageUrl: `${baseUrl}${path}?${query.toString()}`, storageUrlExpiry: expiry };
}

/** Takes the bytes of a version: Put Blob, or Put Block and Put Block List, as storage clients do. */
export async function receivePackage(
  account: Account,
  request: IncomingMessage,
  key: string,
): Promise<ArmReply> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  requireSignature(account, url, key);
  if (request.method !== 'PUT') {
    throw new ArmError(405, 'UnsupportedHttpVerb', 'Packages can only be uploaded (PUT).');
  }
  const [applicationId = '', version = ''] = url.pathname.slice(uploadPrefix.length).split('/');
  if (account.applications.get(applicationId, version)?.state !== 'pending') {
    throw new ArmError(
      409,
      'BlobImmutableDueToPolicy',
      `Version ${version} of application ${applicationId} does not wait for an upload.`,
    );
  }
  await receive(account.applications.path(applicationId, version), request, url.searchParams);
  const now = account.clock.now();
  return {
    status: 201,
    headers: {
      ETag: `"0x${Math.floor(now * 1000)
        .toString(16)
        .toUpperCase()}"`,
      'Last-Modified': new Date(now).toUTCString(),
      'x-ms-request-id': randomUUID(),
      'x-ms-request-server-encrypted': 'true',
    },
  };
}

async function receive(
  path: string,
  request: IncomingMessage,
  query: URLSearchParams,
): Promise<void> {
  const blocks = `${path}.blocks`;
  switch (query.get('comp')) {
    case null:
      return write(request, path);
    case 'block':
      await mkdir(blocks, { recursive: true });
      return write(request, join(blocks, blockName(query.get('blockid') ?? '')));
    case 'blocklist':
      await joinBlocks(path, blocks, await text(request));
      return rm(blocks, { recursive: true, force: true });
    default:
      throw new ArmError(
        400,
        'InvalidQueryParameterValue',
        `comp=${query.get('comp')} is not emulated for uploads.`,
      );
  }
}

/** Whole or not at all: under its name only when every byte is there. */
async function write(bytes: AsyncIterable<Uint8Array>, path: string): Promise<void> {
  const partial = `${path}.${randomUUID()}.partial`;
  try {
    await pipeline(Readable.from(bytes), createWriteStream(partial));
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

async function joinBlocks(path: string, blocks: string, list: string): Promise<void> {
  const ids = [...list.matchAll(/<(?:Latest|Uncommitted|Committed)>([^<]*)</g)];
  const files = ids.map(([, id = '']) => join(blocks, blockName(id)));
  for (const file of files) await stat(file).catch(noBlock);
  await write(contents(files), path);
}

async function* contents(files: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const file of files) yield* createReadStream(file) as AsyncIterable<Uint8Array>;
}

function noBlock(): never {
  throw new ArmError(400, 'InvalidBlockList', 'The specified block list is invalid.');
}

/** A file name that no block id can leave its directory with. */
function blockName(id: string): string {
  return Buffer.from(id).toString('hex').slice(0, 200);
}

function requireSignature(account: Account, { pathname, searchParams }: URL, key: string): void {
  const expiry = searchParams.get('se') ?? '';
  const given = Buffer.from(searchParams.get('sig') ?? '');
  const expected = Buffer.from(signature(key, pathname, expiry));
  const right = given.length === expected.length && timingSafeEqual(given, expected);
  if (right && Date.parse(expiry) > account.clock.now()) return;
  throw new ArmError(
    403,
    'AuthenticationFailed',
    right ? 'The storageUrl has expired: get the package again.' : 'The signature does not match.',
  );
}

function signature(key: string, path: string, expiry: string): string {
  return createHmac('sha256', Buffer.from(key, 'base64'))
    .update(`${path}\n${expiry}`)
    .digest('base64');
}
