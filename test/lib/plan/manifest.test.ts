import { expect, test } from 'vitest';
import { finalStatus, manifestItem, type ManifestMerge } from '../../../lib/plan/manifest.ts';
import { manifestItemSchema } from '../../../lib/plan/manifest-schema.ts';
import type { Outcome } from '../../../lib/plan/outcome.ts';
import { isChosen } from '../../../lib/plan/redrive.ts';

const merge = (status: ManifestMerge['status']): ManifestMerge => ({
  status,
  cause: null,
  message: null,
  accepted: null,
  outputs: [],
  attempts: [],
});
const error = (code: string) => ({ code, message: 'why' });

test.each([
  ['no failure', { failed: 0 }, 'Succeeded'],
  ['failures within what is tolerated', { failed: 2, tolerated: 2 }, 'CompletedWithFailures'],
  ['more failures than that', { failed: 3, tolerated: 2 }, 'Failed'],
  ['a merge that failed', { failed: 0, merge: merge('Failed') }, 'Failed'],
  ['a merge that was skipped', { failed: 0, merge: merge('Skipped') }, 'Succeeded'],
  ['an error', { failed: 0, error: error('BatchRefused') }, 'Failed'],
  ['a cancel', { failed: 9, error: error('Cancelled') }, 'Cancelled'],
] as const)('%s makes the run end as it should', (_, fields, status) => {
  expect(finalStatus({ tolerated: 0, merge: null, error: null, ...fields })).toBe(status);
});

const ITEM = { id: '000001', input: { container: 'c', name: 'a.gz', etag: '"1"', size: 1 } };
const outcome = (attempt: number, fields: Partial<Outcome>): Outcome => ({
  item: ITEM,
  planned: { task: `0000-00000-a${attempt}`, attempt, tried: attempt - 1, items: [ITEM] },
  status: 'Failed',
  cause: 'Node',
  message: 'lost',
  code: null,
  record: null,
  task: null,
  attempted: true,
  outputs: [],
  ...fields,
});
const WHERE = {
  before: [],
  blobUrl: (container: string, name: string) => `http://s/${container}/${name}`,
  urlOf: (path: string) => `http://s/w/${path}`,
};
const RECORD = {
  item: '000001',
  attempt: 2,
  exit: 0,
  cause: 'ok' as const,
  outputs: 1,
  start: 1,
  end: 2,
  stdout: true,
  stderr: false,
};
const FILE = { name: 'x', url: 'http://s/w/x', etag: '"2"', size: 1, md5: null };

test('an item has every attempt that there was, and is what the last one made of it', () => {
  const entry = manifestItem(
    [
      outcome(1, {}),
      outcome(2, {
        status: 'Succeeded',
        cause: null,
        message: null,
        record: RECORD,
        outputs: [FILE],
      }),
    ],
    WHERE,
  );
  expect(manifestItemSchema.parse(entry)).toMatchObject({
    status: 'Succeeded',
    cause: null,
    outputs: [{ name: 'x' }],
    attempts: [
      { attempt: 1, status: 'Failed', cause: 'Node', exitCode: null, stdout: null },
      {
        attempt: 2,
        status: 'Succeeded',
        exitCode: 0,
        stdout: 'http://s/w/logs/000001/a2/stdout.txt',
        stderr: null,
      },
    ],
  });
});

test('an attempt that never began is none, and one of an earlier generation stays', () => {
  const { attempts } = manifestItem([outcome(1, {})], WHERE);
  const again = manifestItem(
    [outcome(2, { status: 'Cancelled', cause: 'Cancelled', attempted: false })],
    { ...WHERE, before: attempts },
  );
  expect(again).toMatchObject({ status: 'Cancelled', outputs: [] });
  expect(again.attempts).toEqual(attempts);
});

test.each([
  [{ items: [], causes: [] }, true],
  [{ items: ['000001'], causes: [] }, true],
  [{ items: ['000002'], causes: [] }, false],
  [{ items: [], causes: ['Node' as const] }, true],
  [{ items: ['000001'], causes: ['Timeout' as const] }, false],
])(
  'a redrive of %j runs a failed item again: %s, and one that succeeded never',
  (choice, chosen) => {
    const failed = manifestItem([outcome(1, {})], WHERE);
    expect(isChosen(failed, choice)).toBe(chosen);
    expect(isChosen({ ...failed, status: 'Succeeded', cause: null }, choice)).toBe(false);
  },
);
