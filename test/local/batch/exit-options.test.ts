import { expect, test } from 'vitest';
import {
  judgeExit,
  type Exit,
  type ExitConditions,
} from '../../../local/batch/job/exit-options.ts';

const failure = { category: 'usererror', code: 'FailureExitCode', message: 'It failed' } as const;
const success: Exit = { exitCode: 0, failure: undefined };
const code = (exitCode: number): Exit => ({ exitCode, failure });
const ended: Exit = { exitCode: undefined, failure };
const notStarted: Exit = { ...ended, fault: 'preProcessing' };
const notUploaded: Exit = { exitCode: 0, failure, fault: 'fileUpload' };

const all: ExitConditions = {
  exitCodes: [{ code: 7, exitOptions: { jobAction: 'disable', dependencyAction: 'satisfy' } }],
  exitCodeRanges: [
    { start: 5, end: 9, exitOptions: { jobAction: 'none' } },
    { start: -1, end: -1, exitOptions: { dependencyAction: 'satisfy' } },
  ],
  preProcessingError: { jobAction: 'disable' },
  fileUploadError: { dependencyAction: 'satisfy' },
  default: { jobAction: 'none', dependencyAction: 'satisfy' },
};

test.each<[string, Exit, ExitConditions | undefined, string, string]>([
  ['success', success, undefined, 'none', 'satisfy'],
  ['failure', code(1), undefined, 'terminate', 'block'],
  ['a program that never started', notStarted, undefined, 'terminate', 'block'],
  ['a failed upload', notUploaded, undefined, 'terminate', 'block'],
  [
    'success, whatever the default says',
    success,
    { default: { dependencyAction: 'block' } },
    'none',
    'satisfy',
  ],
  [
    'success whose code is listed',
    success,
    { exitCodes: [{ code: 0, exitOptions: { dependencyAction: 'block' } }] },
    'none',
    'block',
  ],
  ['a listed code, before the ranges', code(7), all, 'disable', 'satisfy'],
  ['a code in a range, with the defaults of failure', code(5), all, 'none', 'block'],
  ['the end of a range', code(9), all, 'none', 'block'],
  ['a code below zero', code(-1), all, 'terminate', 'satisfy'],
  ['another code', code(10), all, 'none', 'satisfy'],
  ['a program that never started, with a condition', notStarted, all, 'disable', 'block'],
  ['a failed upload, with a condition', notUploaded, all, 'terminate', 'satisfy'],
  [
    'a failed upload of a program whose code is listed',
    notUploaded,
    { ...all, exitCodes: [{ code: 0, exitOptions: { jobAction: 'disable' } }] },
    'disable',
    'block',
  ],
  ['a program that was ended', ended, all, 'none', 'satisfy'],
  [
    'a failed upload without a condition',
    notUploaded,
    { default: { jobAction: 'disable' } },
    'disable',
    'block',
  ],
])('%s', (_, exit, conditions, ...[jobAction, dependencyAction]) => {
  expect(judgeExit(exit, conditions)).toEqual({ jobAction, dependencyAction });
});
