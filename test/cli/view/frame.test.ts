import * as fc from 'fast-check';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { PHASES, type Run, type RunStatus } from '../../../cli/api/types.ts';
import { textWidth } from '../../../cli/terminal/text.ts';
import { renderFrame } from '../../../cli/view/frame.ts';
import type { LiveView } from '../../../cli/view/live-view.ts';
import { endedRun, sampleRun, STARTED } from './sample-run.ts';

const now = STARTED + 12_000;
const nothing = { items: null, waiting: null, running: null, succeeded: null, failed: null };
const upload = { files: 412, bytes: 3_120_000, done: 120, failed: 0 };
const uploaded = { ...upload, done: 412 };

const scenes: Record<string, LiveView> = {
  uploading: { upload, runs: [], note: null },
  settling: { upload: uploaded, runs: [], note: 'waiting for the drops to settle' },
  planning: {
    upload: uploaded,
    runs: [
      sampleRun({
        phase: 'plan',
        counts: { ...nothing, tasks: { active: 0, running: 0, completed: 0 } },
      }),
    ],
    note: null,
  },
  'waiting-for-capacity': {
    upload: null,
    runs: [sampleRun({ phase: 'pool', waiting: { for: 'WaitingForCapacity', have: 1, need: 4 } })],
    note: null,
  },
  'kept-from-ending': {
    upload: null,
    runs: [
      sampleRun({
        phase: 'manifest',
        fault: {
          code: 'StorageUnavailable',
          message:
            'Writing sluice/runs/r/parts/1-0000.ndjson: Azure Storage answered 503 ServerBusy',
          at: new Date(STARTED).toISOString(),
        },
      }),
    ],
    note: null,
  },
  working: { upload: uploaded, runs: [sampleRun()], note: null },
  'completed-with-failures': { upload: null, runs: [endedRun()], note: null },
  failed: {
    upload: null,
    runs: [
      endedRun({
        status: 'Failed',
        error: { code: 'BatchRefused', message: 'the pool\u001b[2J has no\nquota' },
      }),
    ],
    note: null,
  },
  'two-runs': {
    upload: uploaded,
    runs: [endedRun({ status: 'Succeeded' }), sampleRun()],
    note: null,
  },
};

describe('a frame', () => {
  for (const columns of [80, 120, 200]) {
    test.each(Object.keys(scenes))(`shows %s on ${columns} columns`, async (name) => {
      const lines = renderFrame(scenes[name]!, { columns, color: false, now });
      await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`../golden/${name}-${columns}.txt`);
    });
  }

  test('says the same with colours as without', () => {
    const plain = renderFrame(scenes.working!, { columns: 80, color: false, now });
    const colored = renderFrame(scenes.working!, { columns: 80, color: true, now });
    expect(colored.join('\n')).toContain('\u001b[');
    expect(colored.map((line) => stripVTControlCharacters(line).trimEnd())).toEqual(plain);
  });

  test('never lets a message from elsewhere steer the terminal', () => {
    const frame = renderFrame(scenes.failed!, { columns: 200, color: false, now }).join('');
    expect(stripVTControlCharacters(frame)).toBe(frame);
  });

  test('never exceeds the width, whatever the run', () => {
    fc.assert(
      fc.property(
        anyRun(),
        fc.integer({ min: 20, max: 200 }),
        fc.boolean(),
        (run, columns, color) => {
          for (const line of renderFrame(
            { upload, runs: [run], note: null },
            { columns, color, now },
          )) {
            expect(textWidth(line)).toBeLessThanOrEqual(columns);
          }
        },
      ),
    );
  });

  test('gives the share that succeeded, rounded down, and none before the total is known', () => {
    fc.assert(
      fc.property(anyRun(), (run) => {
        const frame = renderFrame(
          { upload: null, runs: [run], note: null },
          { columns: 200, color: false, now },
        );
        const { items, succeeded } = run.counts;
        const share = items ? `${Math.floor((100 * (succeeded ?? 0)) / items)}%` : undefined;
        expect(/\d+%/.exec(frame.slice(1).join('\n'))?.[0]).toBe(share);
      }),
    );
  });

  test('is the same bar whether other items failed or are still waiting', () => {
    const barOf = (failed: number) => {
      const run = sampleRun({ counts: { ...sampleRun().counts, failed } });
      const frame = renderFrame(
        { upload: null, runs: [run], note: null },
        { columns: 200, color: false, now },
      );
      return /[█░]+ +\d+%/.exec(frame.join('\n'))?.[0];
    };
    expect(barOf(113)).toBe(barOf(0));
  });
});

/** Runs whose counts agree, with names in many scripts. */
function anyRun(): fc.Arbitrary<Run> {
  const statuses: RunStatus[] = [
    'Running',
    'Succeeded',
    'CompletedWithFailures',
    'Failed',
    'Cancelled',
  ];
  return fc
    .record({
      id: fc.string({ unit: 'binary', maxLength: 64 }),
      status: fc.constantFrom(...statuses),
      phase: fc.constantFrom(...PHASES),
      succeeded: fc.nat(100_000),
      failed: fc.nat(100_000),
      waiting: fc.nat(100_000),
      tasks: fc.record({ active: fc.nat(), running: fc.nat(), completed: fc.nat() }),
      message: fc.option(fc.string({ unit: 'grapheme' })),
    })
    .map(({ id, status, phase, succeeded, failed, waiting, tasks, message }) =>
      sampleRun({
        id,
        status,
        phase,
        counts: {
          items: succeeded + failed + waiting,
          running: 0,
          succeeded,
          failed,
          waiting,
          tasks,
        },
        error: message === null ? null : { code: 'InvalidPipeline', message },
      }),
    );
}
