import { expect, test } from 'vitest';
import { type BlobEvent, dropOf, matches } from '../../../lib/plan/drop.ts';

const event = (fields: {
  type?: string;
  api?: string;
  container?: string;
  name?: string;
}): BlobEvent => ({
  eventType: fields.type ?? 'Microsoft.Storage.BlobCreated',
  subject: `/blobServices/default/containers/${fields.container ?? 'incoming'}/blobs/${fields.name ?? 'logs/a.gz'}`,
  data: { api: fields.api ?? 'PutBlob', eTag: '0x8D', contentLength: 5, sequencer: '7' },
});

test('a committed upload is a drop, with its ETag as headers have it', () => {
  expect(dropOf(event({}))).toEqual({
    container: 'incoming',
    name: 'logs/a.gz',
    etag: '"0x8D"',
    size: 5,
    sequencer: '7',
  });
});

test.each(['PutBlob', 'PutBlockList', 'CopyBlob', 'FlushWithClose'])('%s commits a blob', (api) => {
  expect(dropOf(event({ api }))).not.toBeNull();
});

test.each([
  ['an empty file that ADLS announces', { api: 'CreateFile' }],
  ['a deletion', { type: 'Microsoft.Storage.BlobDeleted' }],
  ['a blob of our own records', { container: 'sluice' }],
  ['a blob that a task wrote', { container: 'sluice-work' }],
])('%s is no drop', (_, fields) => expect(dropOf(event(fields))).toBeNull());

test('an event without a subject, data or ETag is no drop', () => {
  expect(dropOf({})).toBeNull();
  expect(dropOf({ ...event({}), subject: 'elsewhere' })).toBeNull();
  expect(dropOf({ ...event({}), data: { api: 'PutBlob' } })).toBeNull();
});

test.each([
  '$(touch x).gz',
  '`x`',
  'a\nb\tc.gz',
  '-rf',
  "it's",
  'a"b',
  '%2e',
  '😀.gz',
  'x'.repeat(250),
  'a/blobs/b',
])('the name %j comes through as it is', (name) =>
  expect(dropOf(event({ name }))?.name).toBe(name),
);

test.each([
  ['logs/a.gz', true],
  ['logs/x/y/a.gz', true],
  ['logs/.hidden.gz', true],
  ['other/a.gz', false],
  ['logs/a.txt', false],
  ['logs/$(touch x).gz', true],
])('whether %s matches logs/**/*.gz: %s', (name, expected) => {
  const watch = { container: 'incoming', match: ['logs/**/*.gz'] };
  expect(matches(watch, dropOf(event({ name }))!)).toBe(expected);
  expect(matches({ ...watch, container: 'else' }, dropOf(event({ name }))!)).toBe(false);
});
