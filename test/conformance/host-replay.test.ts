import { join } from 'node:path';
import type { OrchestrationHandler } from 'durable-functions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientBinding } from '../../local/host/durable/client-binding.ts';
import { batchResult, entityTrigger } from '../../local/host/durable/entities/batch.ts';
import { orchestrationInput } from '../../local/host/durable/orchestration-input.ts';
import { EventType, type HistoryEvent } from '../../local/host/durable/protocol.ts';
import { readHistory, replayHistory } from '../../local/host/durable/replay-history.ts';
import { call } from '../local/host/support/durable-client.ts';
import {
  raise,
  start,
  startHost,
  temporaryDirectory,
  until,
  untilEnd,
  type RunningHost,
} from '../local/host/support/running-host.ts';
import {
  failing,
  fanOut,
  loop,
  parent,
  race,
  waiter,
} from './host/app/functions/orchestrations.ts';
import { readCalls, recordingPath, type RecordedCall } from './host/recording.ts';

const path = recordingPath();
const calls = path === undefined ? [] : readCalls(path);

interface Orchestration {
  history: HistoryEvent[];
  input: unknown;
  instanceId: string;
  parentInstanceId: string | null;
}

const episodes = calls.filter(({ input }) => 'history' in input);

describe.skipIf(path === undefined)(
  'histories of the real host (SLUICE_REFERENCE_DIR is where the recording lies)',
  () => {
    it('are read from the recording', () => expect(episodes.length).toBeGreaterThan(9));

    for (const [index, { title, input, returned }] of episodes.entries()) {
      const orchestration = input as unknown as Orchestration;
      it(`${index + 1}. ${title}: the executor asks for what it then asked for`, async () => {
        const { isDone, actions, output, customStatus } = await replayHistory({
          orchestrator: orchestratorOf(orchestration),
          ...orchestration,
          parentInstanceId: orchestration.parentInstanceId ?? undefined,
        });
        expect({
          isDone,
          actions: [actions],
          ...(output !== undefined && { output }),
          schemaVersion: 3,
          ...(customStatus !== undefined && { customStatus }),
        }).toEqual(returned);
      });

      it(`${index + 1}. ${title}: the trigger's value has the same fields in the same order`, () => {
        const ours = orchestrationInput({
          ...orchestration,
          events: orchestration.history,
          isReplaying: Boolean(input['isReplaying']),
        });
        // Timers are never split here: see orchestrationInput.
        const expected = { ...input, maximumShortTimerDuration: ours['maximumShortTimerDuration'] };
        expect(JSON.stringify(ours)).toBe(JSON.stringify(expected));
      });
    }
  },
);

const orchestrators: Record<string, unknown> = { failing, fanOut, loop, parent, race, waiter };

function orchestratorOf({ history }: Orchestration): OrchestrationHandler {
  const name = history.find((event) => event.EventType === EventType.ExecutionStarted)?.Name;
  return orchestrators[String(name)] as OrchestrationHandler;
}

it.skipIf(path === undefined)('a client is given the links that the real host gives', () => {
  const { input } = calls.find(({ title }) => title.startsWith('durableClient'))!;
  const ours = clientBinding({
    hostname: 'localhost:7071',
    hubName: 'tinyhub',
    code: 'KEY',
    rpcPath: '/durabletask',
  });
  // The real host has a second port for the calls of the SDK.
  expect(ours).toBe(JSON.stringify(input).replace(':17071', ':7071'));
});

describe.skipIf(path === undefined)('an entity of the real host', () => {
  const entity = (): RecordedCall => calls.find(({ title }) => title.startsWith('entityTrigger'))!;

  it('is given what ours is given', () => {
    const { input } = entity();
    const [operation] = input['batch'] as { name: string; input: string; id: string }[];
    const { name, input: given, id } = operation!;
    const message = { id, operation: name, input: given, caller: null };
    const trigger = entityTrigger('@counter@e-t3', { exists: false, state: null }, [message]);
    expect(trigger).toBe(JSON.stringify(input));
  });

  it('answers in the form that ours is read in', () => {
    expect(batchResult(JSON.stringify(entity().returned), 1)).toEqual({
      results: [{ failed: false, result: undefined }],
      exists: true,
      state: '5',
      signals: [],
    });
  });
});

describe.skipIf(path === undefined)('a history that this host writes', () => {
  const data = temporaryDirectory();
  let host: RunningHost;
  beforeAll(async () => {
    const app = join(import.meta.dirname, 'host/app');
    host = await startHost({ app, dataDir: data.path, env: { FAN_OUT_TIMER: '50' } });
  });
  afterAll(async () => {
    await host.kill('SIGTERM');
    data.remove();
  });

  it.each<[string, string, unknown, { name: string; value: unknown } | undefined]>([
    ['race: last episode (timer cancelled)', 'race', undefined, { name: 'go', value: true }],
    ['waiter: after raiseEvent', 'waiter', { q: 1 }, { name: 'approval', value: { ok: true } }],
    ['loop: episode that continues as new', 'loop', 0, undefined],
    ['orchestrationTrigger fanOut, a later episode (3)', 'fanOut', { a: 1 }, undefined],
  ])('tells the same as the real one: %s', async (title, name, input, event) => {
    const { history } = calls.find((each) => each.title === title)!
      .input as unknown as Orchestration;
    const id = await start(host, name, input);
    await until(host, id, 'Running', 'Completed');
    if (event) expect(await raise(host, id, event.name, event.value)).toBe(202);
    await untilEnd(host, id);
    const ours = readHistory(data.path, id, 0).slice(0, history.length);
    expect(told(ours)).toEqual(told(history));
  });

  it('numbers how often its id was started, as the real one', async () => {
    const last = calls.find(({ title }) => title.includes('last episode (timer fired)'))!;
    const started = (last.input as unknown as Orchestration).history[1]!;
    expect(started['Generation']).toBe(1);
    const id = await start(host, 'fanOut', { a: 1 });
    await untilEnd(host, id);
    await start(host, 'fanOut', { a: 2 }, id);
    await untilEnd(host, id);
    const again = readHistory(data.path, id)[1]!;
    const fields = (event: HistoryEvent): string[] => Object.keys(event).toSorted();
    expect([again['Generation'], fields(again)]).toEqual([1, fields(started)]);
    expect((await call(host, 'GET', `instances/${id}`)).body).toMatchObject({ input: { a: 2 } });
  });
});

/** What the SDK reads of a history; tasks that ran beside each other in one order. */
function told(history: HistoryEvent[]): unknown[] {
  const fields = ({ EventType: type, EventId, Name, Version, Input, ...event }: HistoryEvent) => ({
    type,
    EventId,
    ...(type !== EventType.OrchestratorStarted && { Name, Version, Input }),
    Result: event.Result,
    task: event.TaskScheduledId ?? event.TimerId,
  });
  const isDone = (event: HistoryEvent): boolean => event.EventType === EventType.TaskCompleted;
  const done = history
    .filter(isDone)
    .toSorted((a, b) => Number(a.TaskScheduledId) - Number(b.TaskScheduledId));
  return history.map((event) => fields(isDone(event) ? done.shift()! : event));
}
