import { afterAll, beforeAll, expect, test } from 'vitest';
import { readHistory, replayHistory } from '../../local/host/durable/replay-history.ts';
import type { HistoryEvent } from '../../local/host/durable/protocol.ts';
import { collector } from '../../orchestrations/collector.ts';
import { run } from '../../orchestrations/run.ts';
import { pipelineFile, type Sluice, startSluice } from '../e2e/harness.ts';
import { answered, completed, event, names, play, refused, time } from './histories.ts';

let sluice: Sluice;
const instances: Record<string, string> = {};

/** One run with everything in it: a second round, a failure that is tolerated, a merge. */
beforeAll(async () => {
  sluice = await startSluice();
  const rest = `tolerate: 1\nmerge: { command: 'ls "$INPUT_DIR" > "$OUTPUT_DIR/n.txt"', outputs: [n.txt] }`;
  const command = 'cp "$INPUT" "$OUTPUT_DIR/out.txt"';
  await sluice.apply(pipelineFile({ name: 'replayed', command, pack: 4, settle: '1s', rest }));
  await sluice.drop('replayed', { a: '1', b: '2', c: '3' });
  await sluice.blobs.getContainerClient('replayed').deleteBlob('b');
  const [ended] = await sluice.finished('replayed', 3);
  instances['run'] = `${ended!.id}-e1`;
  instances['collector'] = 'collector-replayed';
});
afterAll(() => sluice.close());

const inputOf = (history: HistoryEvent[]): unknown => {
  const started = history.find(({ EventType }) => EventType === 0);
  return JSON.parse(String((started as { Input?: unknown } | undefined)?.Input));
};

test.each([
  ['run', run],
  ['collector', collector],
])(
  'the %s orchestration asks for the same at every prefix of a recorded history',
  async (name, orchestrator) => {
    const instanceId = instances[name]!;
    const history = readHistory(`${sluice.dataDir}/host`, instanceId);
    const input = inputOf(history);
    const whole = await replayHistory({ orchestrator, instanceId, input, history });
    expect(whole.error).toBeUndefined();
    expect(history.length).toBeGreaterThan(5);
    // From the second event on the orchestration has started.
    for (let length = 2; length <= history.length; length++) {
      const part = await replayHistory({
        orchestrator,
        instanceId,
        input,
        history: history.slice(0, length),
      });
      expect(part.error).toBeUndefined();
      expect(withoutCancels(part.actions)).toEqual(
        withoutCancels(whole.actions).slice(0, part.actions.length),
      );
    }
  },
);

test('a run of three items that needed two rounds and a merge is a short history', () => {
  const history = readHistory(`${sluice.dataDir}/host`, instances['run']!);
  expect(history.length).toBeLessThan(250);
  expect(history.at(-1)).toMatchObject({ EventType: 1, OrchestrationStatus: 'Completed' });
});

/** Whether a timer is cancelled later is no part of what was asked for. */
function withoutCancels(actions: { actionType: number; [field: string]: unknown }[]): unknown[] {
  return JSON.parse(
    JSON.stringify(actions, (key, value: unknown) => (key === 'isCanceled' ? undefined : value)),
  ) as unknown[];
}

test('a run that somebody else drives now is let go without another word', async () => {
  const { isDone, actions, error } = await play(answered([refused(0, 'Fenced')]));
  expect({ isDone, error, calls: actions.length }).toEqual({
    isDone: true,
    error: undefined,
    calls: 1,
  });
});

test('a fault that passes is waited out for as long as the service asks', async () => {
  const error = { code: 'BatchUnavailable', message: 'no' };
  const busy = {
    TaskScheduledId: 0,
    Result: JSON.stringify({ ok: false, error, retryAfterSeconds: 200 }),
  };
  const { isDone, actions } = await play(answered([busy]));
  expect(isDone).toBe(false);
  const [, timers] = actions as unknown as [unknown, { compoundActions: { fireAt: string }[] }];
  expect(timers.compoundActions[0]?.fireAt).toBe(time(201));
});

const SLAB = { index: 0, blob: 'slabs/x.ndjson', tasks: 1, items: 1, first: '1', last: '1' };
const planned = { ended: false, closing: null, round: 1, slabs: [] };

test('a run that had ended before is only cleaned up', async () => {
  const history = answered([
    completed(0, { ...planned, ended: true }),
    completed(1, { gone: true }),
  ]);
  const played = await play(history);
  expect({ isDone: played.isDone, names: names(played) }).toEqual({
    isDone: true,
    names: ['plan', 'cleanUp'],
  });
});

test('a run that had begun to end goes on ending, with the same job and error', async () => {
  const closing = { job: 'the-job', error: { code: 'BatchRefused', message: 'no' } };
  const played = await play(answered([completed(0, { ...planned, closing })]));
  expect(names(played)).toEqual(['plan', 'endJob']);
  expect(JSON.stringify(played.actions.at(-1))).toContain('the-job');
  expect(JSON.stringify(played.actions.at(-1))).toContain('BatchRefused');
});

test('a refusal before the tasks are judged leads to the manifest, with the reason', async () => {
  const history = answered([
    completed(0, planned),
    refused(1, 'BatchRefused'),
    completed(2, { ended: true }),
    completed(3, { parts: [0] }),
  ]);
  const played = await play(history);
  const { actions } = played;
  expect(names(played).slice(0, 4)).toEqual(['plan', 'openPool', 'endJob', 'parts']);
  expect(JSON.stringify(actions.at(-1))).toContain('"code":"BatchRefused"');
});

test('a passing fault is waited out and the step repeated', async () => {
  const failed = {
    TaskScheduledId: 0,
    Reason: 'Activity function failed',
    Details: 'ECONNREFUSED',
  };
  const history = [...answered([]), event(12, 1), event(6, 1, failed)];
  const waiting = await play(history);
  expect(waiting).toMatchObject({
    isDone: false,
    actions: [
      { functionName: 'plan' },
      { compoundActions: [{ actionType: 5, fireAt: time(2) }, { actionType: 6 }] },
    ],
  });
  const again = await play([
    ...history,
    event(12, 2),
    event(11, 2, { TimerId: 1, FireAt: time(2) }),
  ]);
  expect(again.actions.map(({ functionName }) => functionName)).toEqual([
    'plan',
    undefined,
    'plan',
  ]);
});

test('a run that sleeps is woken by an event, and sleeps again without one', async () => {
  const failed = {
    TaskScheduledId: 0,
    Reason: 'Activity function failed',
    Details: 'ECONNREFUSED',
  };
  const asleep = [...answered([]), event(12, 1), event(6, 1, failed)];
  const woken = [...asleep, event(12, 1), event(15, 1, { Name: 'wake', Input: 'null' })];
  expect(names(await play(woken))).toEqual(['plan', undefined, 'plan']);
  const again = { ...failed, TaskScheduledId: 2 };
  const asleepAgain = await play([...woken, event(12, 2), event(6, 2, again)]);
  expect(names(asleepAgain)).toEqual(['plan', undefined, 'plan', undefined]);
});

test('a wake that comes while an activity runs lets the run go on without a sleep, and leaves the next one to be heard', async () => {
  const wake = (second: number) => event(15, second, { Name: 'wake', Input: 'null' });
  const fails = (id: number, second: number) =>
    event(6, second, { Reason: 'Failed', Details: 'ECONNREFUSED', TaskScheduledId: id });
  const asleep = [...answered([]), event(12, 1), fails(0, 1)];
  const due = [event(12, 2), event(11, 2, { TimerId: 1, FireAt: time(2) })];
  const woken = [...asleep, ...due, event(12, 3), wake(3), event(12, 4), fails(2, 4)];
  expect(names(await play(woken))).toEqual(['plan', undefined, 'plan', 'plan']);
  const asleepAgain = [...woken, event(12, 5), fails(3, 5)];
  expect(names(await play(asleepAgain))).toEqual(['plan', undefined, 'plan', 'plan', undefined]);
  const again = await play([...asleepAgain, event(12, 6), wake(6)]);
  expect(names(again)).toEqual(['plan', undefined, 'plan', 'plan', undefined, 'plan']);
});

test('a merge that is to be tried again is asked for again after a pause, and after it has been watched', async () => {
  const before = answered([
    completed(0, planned),
    completed(1, { opened: true }),
    completed(2, { job: 'j' }),
    completed(3, { done: true, pace: null, error: null }),
    completed(4, null),
    completed(5, { slabs: [], waitSeconds: 0, error: null }),
    completed(6, { submitted: false, waitSeconds: 5 }),
  ]);
  const merges = ['watch', 'checkInputs', 'decide', 'merge'];
  expect(names(await play(before)).slice(3)).toEqual([...merges, undefined]);
  const due = [event(12, 12), event(11, 12, { TimerId: 7, FireAt: time(12) })];
  const rest = answered([
    completed(8, { submitted: true, waitSeconds: 0 }),
    completed(9, { done: true, pace: null, error: null }),
    completed(10, { submitted: false, waitSeconds: 0 }),
  ]);
  const played = await play([...before, ...due, ...rest.slice(2)]);
  expect(played.error).toBeUndefined();
  const after = [undefined, 'merge', 'watch', 'merge', 'endJob'];
  expect(names(played).slice(3)).toEqual([...merges, ...after]);
});

/** A run whose items wait for twenty minutes before they are tried again. */
const restingHistory = [
  ...answered([
    completed(0, planned),
    completed(1, { opened: true }),
    completed(2, { job: 'j' }),
    completed(3, { done: true, pace: null, error: null }),
    completed(4, null),
    completed(5, { slabs: [], waitSeconds: 0, error: null }),
  ]).slice(0, -1),
  event(5, 6, completed(5, { slabs: [SLAB], waitSeconds: 1200, error: null })),
];

test('of many slabs four are submitted at a time', async () => {
  const slabs = Array.from({ length: 6 }, (_, index) => ({ ...SLAB, index }));
  const submitting = answered([
    completed(0, { ...planned, slabs }),
    completed(1, { opened: true }),
    completed(2, { job: 'j' }),
  ]);
  const submits = async (history: HistoryEvent[]): Promise<number> =>
    JSON.stringify((await play(history)).actions).split('"submit"').length - 1;
  expect(await submits(submitting)).toBe(4);
  const first = [3, 4, 5, 6].map((id) => event(5, 4, completed(id, null)));
  expect(await submits([...submitting, event(12, 4), ...first])).toBe(6);
});

test('a run that waits long before a retry moves every few minutes, so that it does not look stuck', async () => {
  const history = [...restingHistory];
  const fireAt: string[] = [];
  for (let timer = 6; timer < 10; timer++) {
    const { actions } = await play(history);
    const [due] = actions.at(-1)!['compoundActions'] as { fireAt: string }[];
    fireAt.push(due!.fireAt);
    const second = 6 + (timer - 5) * 300;
    history.push(event(12, second), event(11, second, { TimerId: timer, FireAt: due!.fireAt }));
  }
  expect(fireAt).toEqual([306, 606, 906, 1206].map(time));
  expect(JSON.stringify((await play(history)).actions.at(-1))).toContain('"submit"');
});

test('a run that is woken from a long wait goes on at once, and so finds that it was cancelled', async () => {
  const woken = [event(12, 10), event(15, 10, { Name: 'wake', Input: 'null' })];
  const { actions } = await play([...restingHistory, ...woken]);
  expect(JSON.stringify(actions.at(-1))).toContain('"submit"');
});

test('a cancelled run is ended with that as its reason, and its job ended without a long pause', async () => {
  const { actions } = await play(
    answered([completed(0, planned), refused(1, 'Cancelled'), completed(2, { ended: false })]),
  );
  expect(actions.map(({ functionName }) => functionName).slice(0, 3)).toEqual([
    'plan',
    'openPool',
    'endJob',
  ]);
  expect(JSON.stringify(actions[2])).toContain('"code":"Cancelled"');
  expect(actions[3]).toMatchObject({ actionType: 5, fireAt: '2026-11-24T00:00:03.300Z' });
});
