import { expect, test } from 'vitest';
import { renderLine } from '../../../cli/view/line.ts';
import type { LiveView } from '../../../cli/view/live-view.ts';
import { endedRun, sampleRun, STARTED } from './sample-run.ts';

const now = STARTED + 12_000;
const empty: LiveView = { upload: null, runs: [], note: null };
const upload = { files: 412, bytes: 3_120_000, done: 0, failed: 0 };
const id = sampleRun().id;

test.each<[string, LiveView, LiveView | null, string | null]>([
  ['says nothing about nothing', empty, null, null],
  ['tells that an upload begins', { ...empty, upload }, empty, 'uploading 412 files, 3.1 MB'],
  [
    'is silent while it goes on',
    { ...empty, upload: { ...upload, done: 7 } },
    { ...empty, upload },
    null,
  ],
  [
    'tells when it is over',
    { ...empty, upload: { ...upload, done: 411, failed: 1 } },
    { ...empty, upload },
    'uploaded 411 files, 1 failed',
  ],
  ['gives a note once', { ...empty, note: 'waiting' }, empty, 'waiting'],
  ['and not again', { ...empty, note: 'waiting' }, { ...empty, note: 'waiting' }, null],
  [
    'tells of a run with its counts',
    { ...empty, runs: [sampleRun()] },
    empty,
    ` 0:12  ${id}  watch; 299 of 412 items succeeded, 1 failed; tasks: 2 waiting, 1 running, 6 completed`,
  ],
  [
    'is silent when the run stands still',
    { ...empty, runs: [sampleRun()] },
    { ...empty, runs: [sampleRun()] },
    null,
  ],
  [
    'tells what a run waits for',
    {
      ...empty,
      runs: [sampleRun({ phase: 'plan', waiting: { for: 'capacity', have: 0, need: 2 } })],
    },
    { ...empty, runs: [sampleRun({ phase: 'plan' })] },
    ` 0:12  ${id}  plan; 299 of 412 items succeeded, 1 failed; tasks: 2 waiting, 1 running, 6 completed; waiting for capacity (have 0, need 2)`,
  ],
  [
    'tells how a run ended',
    { ...empty, runs: [endedRun()] },
    { ...empty, runs: [sampleRun()] },
    ` 0:41  ${id}  CompletedWithFailures; 411 of 412 items succeeded, 1 failed`,
  ],
  [
    'tells why a run failed, on one line',
    {
      ...empty,
      runs: [endedRun({ status: 'Failed', error: { code: 'BatchRefused', message: 'no\nquota' } })],
    },
    { ...empty, runs: [sampleRun()] },
    ` 0:41  ${id}  Failed; 411 of 412 items succeeded, 1 failed; BatchRefused: no\ufffdquota`,
  ],
])('a pipe %s', (_title, view, previous, expected) => {
  expect(renderLine(view, previous, now)).toBe(expected);
});
