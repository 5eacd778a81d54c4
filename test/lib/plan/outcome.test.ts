import { expect, test } from 'vitest';
import {
  attemptKey,
  type Evidence,
  itemOutcome,
  judge,
  type StoredFile,
} from '../../../lib/plan/outcome.ts';
import type { Item, PlannedTask } from '../../../lib/plan/plan.ts';
import type { ItemRecord } from '../../../lib/plan/record.ts';

const item = (id: string): Item => ({
  id,
  input: { container: 'c', name: `${id}.gz`, etag: '"1"', size: 1 },
});
const A = item('000001');
const B = item('000002');
const TASK: PlannedTask = { task: '0000-00000-a1', attempt: 1, items: [A, B] };
const ALONE: PlannedTask = { ...TASK, items: [A] };

const record = (fields: Partial<ItemRecord> = {}): ItemRecord => ({
  item: '000001',
  attempt: 1,
  exit: 0,
  cause: 'ok',
  outputs: 1,
  start: 100,
  end: 101,
  stdout: false,
  stderr: false,
  ...fields,
});
const file: StoredFile = { name: 'x', url: 'u', etag: 'e', size: 1, md5: null };

function evidence(fields: {
  records?: ItemRecord[];
  outputs?: string[];
  failure?: { code: string; message: string };
  inputs?: Record<string, { etag: string; changedAt: number }>;
  absent?: string[];
}): Evidence {
  return {
    records: new Map((fields.records ?? []).map((one) => [attemptKey(one.item, one.attempt), one])),
    outputs: new Map((fields.outputs ?? []).map((id) => [attemptKey(id, 1), [file]])),
    failures: new Map(fields.failure ? [[TASK.task, fields.failure]] : []),
    inputs: new Map(Object.entries(fields.inputs ?? {})),
    absent: new Set(fields.absent ?? []),
  };
}

test.each([
  ['a record and its outputs', { records: [record()], outputs: ['000001'] }, null],
  ['a record without its outputs', { records: [record()] }, 'Upload'],
  ['outputs without a record', { outputs: ['000001'] }, 'Node'],
  ['an exit code', { records: [record({ cause: 'exit' as const, exit: 3 })] }, 'ExitCode'],
  ['a timeout', { records: [record({ cause: 'timeout' as const })] }, 'Timeout'],
  ['a missing output', { records: [record({ cause: 'nooutput' as const })] }, 'NoOutput'],
  ['a node without the shell', { records: [record({ cause: 'noshell' as const })] }, 'NoShell'],
  ['an input that was not there', { failure: { code: 'BlobNotFound', message: 'gone' } }, 'Input'],
  [
    'an upload that failed',
    { failure: { code: 'FileUploadAccessDenied', message: 'no' } },
    'Upload',
  ],
  ['a task over its wall clock', { failure: { code: 'TaskEnded', message: 'late' } }, 'Timeout'],
  ['a script that died', { failure: { code: 'FailureExitCode', message: 'died' } }, 'Node'],
  [
    'an input overwritten before',
    {
      records: [record()],
      outputs: ['000001'],
      inputs: { '000001.gz': { etag: '"2"', changedAt: 99 } },
    },
    'InputChanged',
  ],
  [
    'an input overwritten after',
    {
      records: [record()],
      outputs: ['000001'],
      inputs: { '000001.gz': { etag: '"2"', changedAt: 102 } },
    },
    null,
  ],
  [
    'an input as planned',
    {
      records: [record()],
      outputs: ['000001'],
      inputs: { '000001.gz': { etag: '"1"', changedAt: 99 } },
    },
    null,
  ],
  ['an input deleted since', { records: [record()], outputs: ['000001'] }, null],
])('%s comes to the right cause', (_, fields, cause) => {
  const outcome = itemOutcome(A, ALONE, evidence(fields));
  expect(outcome).toMatchObject({ cause, status: cause === null ? 'Succeeded' : 'Failed' });
});

test('a task that Batch does not have is added again', () => {
  expect(judge(TASK, evidence({ absent: [TASK.task] }))).toEqual({
    outcomes: [],
    addAgain: true,
    split: [],
  });
});

test('the items of a pack that could not be staged go again alone, and only those without a record', () => {
  const failure = { code: 'BlobNotFound', message: 'gone' };
  expect(judge(TASK, evidence({ failure })).split).toEqual([A, B]);
  const half = judge(TASK, evidence({ failure, records: [record()], outputs: ['000001'] }));
  expect(half.split).toEqual([B]);
  expect(half.outcomes).toMatchObject([{ item: A, status: 'Succeeded' }]);
});

test('an item that went alone and could not be staged has failed', () => {
  const verdict = judge(ALONE, evidence({ failure: { code: 'BlobNotFound', message: 'gone' } }));
  expect(verdict).toMatchObject({
    split: [],
    outcomes: [{ cause: 'Input', message: 'BlobNotFound: gone' }],
  });
});
