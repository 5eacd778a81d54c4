import { expect, test } from 'vitest';
import type { BlobState } from '../../../local/storage/ask.ts';
import type { WriteApi } from '../../../local/storage/blob-write.ts';
import { isCurrent, seemsToHaveHappened } from '../../../local/storage/verdict.ts';

const AT = Date.parse('2026-11-24T12:00:00.700Z');

function state(times: { lastModified?: number; createdOn?: number } = {}): BlobState {
  const blob = { eTag: '"1"', contentType: 'a/b', contentLength: 1, blobType: 'BlockBlob' };
  return { ...blob, lastModified: 0, createdOn: 0, ...times };
}

const SAME_SECOND = Date.parse('2026-11-24T12:00:00Z');
const MINUTE_BEFORE = SAME_SECOND - 60_000;

test.each([
  ['PutBlob', 'no blob', undefined, false],
  ['PutBlob', 'an older blob', state({ lastModified: MINUTE_BEFORE }), false],
  ['PutBlob', 'a blob of the same second', state({ lastModified: SAME_SECOND }), true],
  ['CopyBlob', 'a newer blob', state({ lastModified: AT + 60_000 }), true],
  ['DeleteBlob', 'no blob', undefined, true],
  ['DeleteBlob', 'an older blob', state({ createdOn: MINUTE_BEFORE, lastModified: AT }), false],
  ['DeleteBlob', 'a blob made anew', state({ createdOn: AT + 1_000 }), true],
] as const)('%s that left %s behind: happened is %4$s', (api: WriteApi, _, blob, happened) => {
  const write = { api, account: 'a', container: 'c', blob: 'b' };
  const intent = { id: 1, write, eventId: 'e', clientRequestId: undefined, at: AT };
  expect(seemsToHaveHappened(intent, blob)).toBe(happened);
});

test('a write is current while its ETag shows, a delete while there is no blob', () => {
  expect(isCurrent('"1"', state())).toBe(true);
  expect(isCurrent('"2"', state())).toBe(false);
  expect(isCurrent('"1"', undefined)).toBe(false);
  expect(isCurrent(undefined, undefined)).toBe(true);
  expect(isCurrent(undefined, state())).toBe(false);
});
