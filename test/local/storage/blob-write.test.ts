import { expect, test } from 'vitest';
import { isBatch, readBlobWrite } from '../../../local/storage/blob-write.ts';

const BLOCK = { 'x-ms-blob-type': 'BlockBlob' };
const COPY = { 'x-ms-copy-source': 'http://127.0.0.1/a/b/c' };
const at = (method: string, url: string, headers = {}) => readBlobWrite({ method, url, headers });

test.each([
  ['PUT', '/a/c/b', BLOCK, 'PutBlob'],
  ['PUT', '/a/c/b?timeout=30&sv=2021&sig=x%3D', BLOCK, 'PutBlob'],
  ['PUT', '/a/c/b', { ...BLOCK, ...COPY }, 'PutBlob'],
  ['PUT', '/a/c/b?comp=blocklist', {}, 'PutBlockList'],
  ['PUT', '/a/c/b', COPY, 'CopyBlob'],
  ['DELETE', '/a/c/b', {}, 'DeleteBlob'],
  ['DELETE', '/a/c/b', { 'x-ms-delete-snapshots': 'include' }, 'DeleteBlob'],
])('%s %s with %j is %4$s', (method, url, headers, api) => {
  expect(at(method, url, headers)).toEqual({ api, account: 'a', container: 'c', blob: 'b' });
});

test.each([
  ['reading', 'GET', '/a/c/b', {}],
  ['staging a block', 'PUT', '/a/c/b?comp=block&blockid=MQ%3D%3D', {}],
  ['staging a block from a URL', 'PUT', '/a/c/b?comp=block&blockid=MQ%3D%3D', COPY],
  ['appending', 'PUT', '/a/c/b?comp=appendblock', {}],
  ['writing pages', 'PUT', '/a/c/b?comp=page', {}],
  ['setting metadata', 'PUT', '/a/c/b?comp=metadata', {}],
  ['a lease', 'PUT', '/a/c/b?comp=lease', {}],
  ['aborting a copy', 'PUT', '/a/c/b?comp=copy&copyid=1', {}],
  ['making a container', 'PUT', '/a/c?restype=container', {}],
  ['deleting a container', 'DELETE', '/a/c?restype=container', {}],
  ['deleting a snapshot', 'DELETE', '/a/c/b?snapshot=2026-01-01T00:00:00Z', {}],
  ['deleting all snapshots', 'DELETE', '/a/c/b', { 'x-ms-delete-snapshots': 'only' }],
  ['a path without a blob', 'PUT', '/a/c', BLOCK],
  ['a path that is no percent-encoding', 'PUT', '/a/c/%zz', BLOCK],
])('%s is no write that fires', (_, method, url, headers) => {
  expect(at(method, url, headers)).toBeUndefined();
});

test.each([
  ['/a/c/x%2Fy%20z', 'x/y z'],
  ['/a/c/x//y', 'x//y'],
  ['/a/c/x%5Cy', 'x/y'],
  ['/a/c/%252F', '%2F'],
  ['/a/c/%0A%F0%9F%98%80', '\n😀'],
])('the path %s names the blob %j', (url, blob) => {
  expect(at('PUT', url, BLOCK)?.blob).toBe(blob);
});

test('a batch is told by its query', () => {
  expect(isBatch({ method: 'POST', url: '/a/?comp=batch', headers: {} })).toBe(true);
  expect(isBatch({ method: 'POST', url: '/a/?comp=userdelegationkey', headers: {} })).toBe(false);
});
