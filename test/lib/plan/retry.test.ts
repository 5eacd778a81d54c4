import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FAILURE_CAUSES } from '../../../lib/plan/failure.ts';
import {
  backoffSeconds,
  DEFAULT_RETRY,
  type Failure,
  goesAgain,
  isRetried,
  type RetryOn,
  type RetryRule,
} from '../../../lib/plan/retry.ts';

const failure = (fields: Partial<Failure>): Failure => ({
  cause: 'ExitCode',
  exitCode: null,
  code: null,
  ...fields,
});
const rule = (...on: RetryOn[]): RetryRule => ({ attempts: 3, on, backoff: 10 });
const SOME_CODES: RetryOn = {
  cause: 'exit',
  codes: [
    { from: 75, to: 75 },
    { from: 100, to: 110 },
  ],
};

test.each<[string, RetryRule, Partial<Failure>, boolean]>([
  ['a listed exit code', rule(SOME_CODES), { exitCode: 75 }, true],
  ['the first of a range', rule(SOME_CODES), { exitCode: 100 }, true],
  ['the last of a range', rule(SOME_CODES), { exitCode: 110 }, true],
  ['a code beside a range', rule(SOME_CODES), { exitCode: 111 }, false],
  ['any exit code', rule({ cause: 'exit' }), { exitCode: 1 }, true],
  [
    'a timeout where only exit codes are listed',
    rule({ cause: 'exit' }),
    { cause: 'Timeout', exitCode: 124 },
    false,
  ],
  ['a timeout', rule({ cause: 'timeout' }), { cause: 'Timeout' }, true],
  ['a missing output', rule({ cause: 'output' }), { cause: 'NoOutput' }, true],
  ['an upload by default', DEFAULT_RETRY, { cause: 'Upload' }, true],
  ['a lost node by default', DEFAULT_RETRY, { cause: 'Node' }, true],
  [
    'a download that broke off, by default',
    DEFAULT_RETRY,
    { cause: 'Input', code: 'BlobDownloadTimedOut' },
    true,
  ],
  ['an input that is gone', DEFAULT_RETRY, { cause: 'Input', code: 'BlobNotFound' }, false],
  [
    'an input that may not be read',
    rule({ cause: 'input' }),
    { cause: 'Input', code: 'BlobAccessDenied' },
    false,
  ],
  ['a command that failed, by default', DEFAULT_RETRY, { exitCode: 1 }, false],
  ['a timeout by default', DEFAULT_RETRY, { cause: 'Timeout' }, false],
  [
    'a node without the shell',
    rule({ cause: 'exit' }, { cause: 'node' }),
    { cause: 'NoShell', exitCode: 127 },
    false,
  ],
])('%s is tried again or not', (_, rules, fields, expected) => {
  expect(isRetried(rules, failure(fields))).toBe(expected);
});

const on = fc.constantFrom<RetryOn>(
  { cause: 'exit' },
  { cause: 'timeout' },
  { cause: 'output' },
  { cause: 'input' },
  { cause: 'upload' },
  { cause: 'node' },
);
const anyRule = fc.record({
  attempts: fc.integer({ min: 1, max: 20 }),
  on: fc.array(on),
  backoff: fc.integer({ min: 0, max: 3600 }),
});
const anyFailure = fc.record({
  cause: fc.constantFrom(...FAILURE_CAUSES),
  exitCode: fc.nat(255),
  code: fc.constant(null),
});

test('no item gets more attempts than the rule has, and what did not run is never tried again', () => {
  fc.assert(
    fc.property(anyRule, anyFailure, (rules, failed) => {
      let attempts = 1;
      while (goesAgain(rules, failed, attempts)) attempts++;
      expect(attempts).toBeLessThanOrEqual(rules.attempts);
      const untried = ['Cancelled', 'NotRun', 'StartTask', 'InputChanged'].includes(failed.cause);
      if (untried) expect(attempts).toBe(1);
    }),
  );
});

test('the pause before an attempt doubles, and never is longer than an hour', () => {
  expect([1, 2, 3].map((tried) => backoffSeconds(rule(), tried))).toEqual([10, 20, 40]);
  fc.assert(
    fc.property(anyRule, fc.integer({ min: 1, max: 20 }), (rules, tried) => {
      const pause = backoffSeconds(rules, tried);
      expect(pause).toBeGreaterThanOrEqual(rules.backoff);
      expect(pause).toBeLessThanOrEqual(3600);
    }),
  );
});
