import { expect, test } from 'vitest';
import {
  attemptKey,
  type Evidence,
  itemOutcome,
  judge,
  type StoredFile,
} from '../../../lib/plan/outcome.ts';
import type { Item, PlannedTask } from '../../../lib/plan/plan.ts';
import type { RetryRule } from '../../../lib/plan/retry.ts';
import type { ItemRecord } from '../../../lib/plan/record.ts';

const item = (id: string): Item => ({
  id,
  input: { container: 'c', name: `${id}.gz`, etag: '"1"', size: 1 },
});
const A = item('000001');
const B = item('000002');
const TASK: PlannedTask = { task: '0000-00000-a1', attempt: 1, tried: 0, items: [A, B] };
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

const NO_TIMES = { exitCode: null, startedAt: null, endedAt: null };
const RULE: RetryRule = {
  attempts: 2,
  on: [{ cause: 'exit', codes: [{ from: 3, to: 5 }] }, { cause: 'node' }],
  backoff: 1,
};

function evidence(fields: {
  records?: ItemRecord[];
  outputs?: string[];
  failure?: { code: string; message: string; startedAt?: string };
  brokenOff?: string;
  inputs?: Record<string, { etag: string; changedAt: number }>;
  absent?: string[];
}): Evidence {
  return {
    records: new Map((fields.records ?? []).map((one) => [attemptKey(one.item, one.attempt), one])),
    outputs: new Map((fields.outputs ?? []).map((id) => [attemptKey(id, 1), [file]])),
    failures: new Map(fields.failure ? [[TASK.task, { ...NO_TIMES, ...fields.failure }]] : []),
    changed: new Map(Object.entries(fields.inputs ?? {})),
    absent: new Set(fields.absent ?? []),
    brokenOff: fields.brokenOff ? { code: fields.brokenOff, message: 'broke off' } : null,
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
  [
    'a task that Batch gave up',
    { failure: { code: 'MaxInternalRetryCountReached', message: 'preempted' } },
    'PreemptedTooOften',
  ],
  ['a script that died', { failure: { code: 'FailureExitCode', message: 'died' } }, 'Node'],
  [
    'an input overwritten before',
    {
      records: [record()],
      outputs: ['000001'],
      inputs: { 'c/000001.gz': { etag: '"2"', changedAt: 99 } },
    },
    'InputChanged',
  ],
  [
    'an input overwritten after',
    {
      records: [record()],
      outputs: ['000001'],
      inputs: { 'c/000001.gz': { etag: '"2"', changedAt: 102 } },
    },
    null,
  ],
  [
    'an input as planned',
    {
      records: [record()],
      outputs: ['000001'],
      inputs: { 'c/000001.gz': { etag: '"1"', changedAt: 99 } },
    },
    null,
  ],
  ['an input deleted since', { records: [record()], outputs: ['000001'] }, null],
])('%s comes to the right cause', (_, fields, cause) => {
  const outcome = itemOutcome(A, ALONE, evidence(fields));
  expect(outcome).toMatchObject({ cause, status: cause === null ? 'Succeeded' : 'Failed' });
});

test('a task that Batch does not have is added again', () => {
  expect(judge(TASK, evidence({ absent: [TASK.task] }), RULE)).toEqual({
    outcomes: [],
    retried: [],
    addAgain: true,
    split: [],
  });
});

test('the items of a pack that could not be staged go again alone, and only those without a record', () => {
  const failure = { code: 'BlobNotFound', message: 'gone' };
  expect(judge(TASK, evidence({ failure }), RULE).split).toEqual([A, B]);
  const half = judge(TASK, evidence({ failure, records: [record()], outputs: ['000001'] }), RULE);
  expect(half.split).toEqual([B]);
  expect(half.outcomes).toMatchObject([{ item: A, status: 'Succeeded' }]);
});

test('an item that went alone and could not be staged has failed', () => {
  const verdict = judge(
    ALONE,
    evidence({ failure: { code: 'BlobNotFound', message: 'gone' } }),
    RULE,
  );
  expect(verdict).toMatchObject({
    split: [],
    outcomes: [{ cause: 'Input', message: 'BlobNotFound: gone' }],
  });
});

test.each([
  ['an exit code that the rule names', { records: [record({ cause: 'exit', exit: 4 })] }, true],
  ['an exit code that it does not name', { records: [record({ cause: 'exit', exit: 6 })] }, false],
  ['a cause that it does not name', { records: [record({ cause: 'timeout' })] }, false],
  ['no record at all', {}, true],
  ['success', { records: [record()], outputs: ['000001'] }, false],
])('%s gives another attempt: %s', (_, fields, again) => {
  const first = judge(ALONE, evidence(fields), RULE);
  expect([first.retried.length, first.outcomes.length]).toEqual(again ? [1, 0] : [0, 1]);
  const second = judge({ ...ALONE, tried: 1 }, evidence(fields), RULE);
  expect(second.retried).toEqual([]);
});

test.each([
  ['Cancelled', undefined, 'Cancelled', false],
  [
    'Cancelled',
    { code: 'TaskEnded', message: '', startedAt: '2026-11-24T00:00:00.000Z' },
    'Cancelled',
    true,
  ],
  ['ToleranceExceeded', undefined, 'NotRun', false],
  ['UnhealthyNodes', undefined, 'StartTask', false],
  ['Cancelled', { code: 'DiskFull', message: '' }, 'Node', true],
])(
  'an item without a record in a run that broke off as %s, its task %j, is %s',
  (brokenOff, failure, cause, attempted) => {
    const outcome = itemOutcome(A, ALONE, evidence({ brokenOff, ...(failure ? { failure } : {}) }));
    expect(outcome).toMatchObject({ cause, attempted });
    expect(outcome.status).toBe(cause === 'Cancelled' ? 'Cancelled' : 'Failed');
  },
);

test('an item that was done before its run broke off keeps what it came to', () => {
  const done = evidence({ brokenOff: 'Cancelled', records: [record()], outputs: ['000001'] });
  expect(itemOutcome(A, ALONE, done)).toMatchObject({ status: 'Succeeded', cause: null });
});
