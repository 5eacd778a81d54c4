import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commonBase, isLaterVersion, matcher, matches, readEvent } from '../../../lib/plan/drop.ts';

const TOPIC =
  '/subscriptions/0/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/Account1';

interface Fields {
  type?: string;
  topic?: string;
  api?: string;
  container?: string;
  name?: string;
  data?: object;
}

const event = ({ container = 'incoming', name = 'logs/a.gz', ...fields }: Fields) => ({
  eventType: fields.type ?? 'Microsoft.Storage.BlobCreated',
  topic: fields.topic ?? TOPIC,
  subject: `/blobServices/default/containers/${container}/blobs/${name}`,
  data: {
    api: fields.api ?? 'PutBlob',
    eTag: '0x8D',
    contentLength: 5,
    sequencer: '7',
    ...fields.data,
  },
});
const read = (fields: Fields) => readEvent(event(fields), 'account1');
const AT = { container: 'incoming', name: 'logs/a.gz', sequencer: '7' };

test('a committed upload is a drop, with its ETag as headers have it', () => {
  expect(read({})).toEqual({ drop: { ...AT, etag: '"0x8D"', size: 5 } });
});

test.each(['PutBlob', 'PutBlockList', 'CopyBlob', 'FlushWithClose'])('%s commits a blob', (api) => {
  expect(read({ api })).toHaveProperty('drop');
});

test.each([
  ['an empty file that ADLS announces', { api: 'CreateFile' }],
  ['a flush of a file that is not closed', { api: 'AppendFile' }],
  ['a deletion', { type: 'Microsoft.Storage.BlobDeleted', api: 'DeleteBlob' }],
  [
    'a directory that was renamed',
    { type: 'Microsoft.Storage.BlobRenamed', api: 'RenameDirectory' },
  ],
  ['a change of tier', { type: 'Microsoft.Storage.BlobTierChanged' }],
  ['a blob of our own records', { container: 'sluice' }],
  ['a blob that a task wrote', { container: 'sluice-work' }],
  ['a blob of another account', { topic: TOPIC.replace('Account1', 'account2') }],
  ['a blob of an account whose name ours begins', { topic: `${TOPIC}x` }],
  ['an event without a topic', { topic: '' }],
  ['an event of a topic that is no account', { topic: '/subscriptions/0/account1' }],
])('%s is ignored', (_, fields) => expect(read(fields)).toMatchObject({ malformed: false }));

test('a file that was renamed into place is looked up, since its event tells no version', () => {
  const fields = { type: 'Microsoft.Storage.BlobRenamed', api: 'RenameFile' };
  const reading = read({ ...fields, data: { eTag: undefined } });
  expect(reading).toEqual({ lookUp: AT });
  expect(read({ api: 'FlushWithClose', data: { eTag: undefined } })).toEqual({ lookUp: AT });
});

test('an event whose subject names no blob is malformed, and says so', () => {
  for (const subject of [
    'elsewhere',
    '',
    7,
    null,
    undefined,
    '/blobServices/default/containers/c/blobs/',
  ]) {
    expect(readEvent({ ...event({}), subject }, 'account1')).toMatchObject({
      malformed: true,
      ignored: expect.stringContaining('subject') as string,
    });
  }
});

test('whatever is sent, reading it ends in a drop with text in it, or in a reason', () => {
  const part = fc.oneof(
    fc.constantFrom(...Object.values(event({})), 'PutBlob', TOPIC),
    fc.anything(),
  );
  const data = fc.record({ api: part, eTag: part, contentLength: part, sequencer: part });
  const sent = fc.oneof(
    fc.anything(),
    fc.record({ eventType: part, topic: part, subject: part, data: fc.oneof(data, part) }),
  );
  fc.assert(
    fc.property(sent, (anything) => {
      const reading = readEvent(anything, 'account1');
      if ('ignored' in reading) expect(reading.ignored).not.toBe('');
      else {
        const { container, name, sequencer } = 'drop' in reading ? reading.drop : reading.lookUp;
        expect([container, name, sequencer].map((value) => typeof value)).toEqual(
          Array(3).fill('string'),
        );
      }
    }),
    { numRuns: 2000 },
  );
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
  expect(read({ name })).toMatchObject({ drop: { name } }),
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
  expect(matches(watch, { container: 'incoming', name })).toBe(expected);
  expect(matches({ ...watch, container: 'else' }, { container: 'incoming', name })).toBe(false);
});

test.each(['a/../b', './c', '..', '.', 'a//b', '/a', 'a/', 'a\\b', 'a\nb', '!a', '#a'])(
  'the name %j is matched by **, as any name is',
  (name) => expect(matches({ container: 'c', match: ['**'] }, { container: 'c', name })).toBe(true),
);

test.each([
  ['9', 'A', false],
  ['A', '9', true],
  ['10', '9', true],
  ['0009', '9', false],
  ['', '9', true],
  ['9', '', true],
])('whether the sequencer %j is later than %j, when later is the guess: %s', (a, b, expected) => {
  expect(isLaterVersion(a, b, true)).toBe(expected);
});

test.each([
  [['logs/**/*.gz'], 'logs'],
  [['logs/a/*.gz', 'logs/b/*.gz'], 'logs/'],
  [['logs/a.gz'], 'logs'],
  [['**'], ''],
  [['a/b/{c,d}/*'], 'a/b'],
  [['a/**', 'b/**'], ''],
])('names that match %j begin with %j', (globs, expected) => {
  expect(commonBase(globs)).toBe(expected);
});

test('whatever matches begins with the common base', () => {
  const segment = fc.constantFrom('a', 'bb', '*', '**', '{a,bb}', '[ab]*', '?', 'a*');
  const glob = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  const name = fc
    .array(fc.constantFrom('a', 'bb', 'b', 'ab'), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('/'));
  fc.assert(
    fc.property(fc.array(glob, { minLength: 1, maxLength: 3 }), name, (globs, blob) => {
      return !matcher(globs)(blob) || blob.startsWith(commonBase(globs));
    }),
    { numRuns: 2000 },
  );
  expect(commonBase(['a/**'])).toBe('a');
});
