import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHistories } from '../../../../local/host/app/histories.ts';
import { deltaOf, type ReplayDelta } from '../../../../local/host/app/replay-delta.ts';
import type { PlayedEvent } from '../../../../local/host/durable/execution.ts';
import type { Replay } from '../../../../local/host/durable/replay.ts';
import type { SdkTask } from '../../../../local/host/durable/sdk.ts';
import { createReplayLink } from '../../../../local/host/worker/replay-link.ts';

const event = (id: number): PlayedEvent => ({ EventType: 5, IsPlayed: false, TaskScheduledId: id });

/** A replay with these tasks; a task is a name and whether it was cancelled. */
function replayOf(tasks: [string, boolean][]): Replay {
  const all = tasks.map(([functionName, isCanceled], id): SdkTask => {
    return { id, action: { actionType: 0, functionName, isCanceled, input: `input of ${id}` } };
  });
  return {
    tasks: new Map(all.map((task) => [task.id, task])),
    actions: all.map(({ action }) => action!),
    ended: tasks.length % 2 === 0,
    waitsFor: [`${tasks.length}`],
  } as Partial<Replay> as Replay;
}

describe('a replay that is sent in parts', () => {
  const taskLists = fc.array(
    fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.boolean()), { maxLength: 8 }),
    { minLength: 1, maxLength: 8 },
  );
  /** What goes wrong before a turn: the process is another one, or its answer is lost. */
  const troubles = fc.array(fc.constantFrom('none', 'new process', 'lost answer'), {
    minLength: 8,
    maxLength: 8,
  });

  it('is the whole one in the end, whatever it changes and whatever is lost on the way', () => {
    fc.assert(
      fc.property(taskLists, troubles, (turns, trouble) => {
        const link = createReplayLink();
        const events: PlayedEvent[] = [];
        let histories = createHistories();
        const exchange = (replay: Replay): ReplayDelta => {
          const message = link.next(events);
          const history = histories.extend(message.events);
          if (!history) {
            link.forget(events);
            return exchange(replay);
          }
          expect(history.events).toEqual(events);
          const { delta, sent } = deltaOf(replay, history.sent, message.known);
          history.sent = sent;
          return structuredClone(delta);
        };
        for (const [index, tasks] of turns.entries()) {
          events.push(event(index));
          if (trouble[index] === 'new process') histories = createHistories();
          if (trouble[index] === 'lost answer') exchange(replayOf(tasks));
          const replay = replayOf(tasks);
          const merged = link.merge(events, exchange(replay));
          expect([...merged.tasks.keys()].toSorted()).toEqual([...replay.tasks.keys()].toSorted());
          for (const [id, task] of replay.tasks) expect(merged.tasks.get(id)).toEqual(task);
          expect(merged.actions.length).toBe(replay.actions.length);
          expect(merged.ended).toBe(replay.ended);
          expect(merged.waitsFor).toEqual(replay.waitsFor);
        }
      }),
    );
  });

  it('holds only what is new', () => {
    const before = replayOf([
      ['a', false],
      ['b', false],
    ]);
    const { sent } = deltaOf(before, undefined, 0);
    const after = replayOf([
      ['a', false],
      ['b', true],
      ['c', false],
    ]);
    const { delta } = deltaOf(after, sent, 1);
    expect([...delta.replay.tasks.keys()]).toEqual([1, 2]);
    expect(delta.replay.actions).toHaveLength(1);
    expect(delta).toMatchObject({ isWhole: false, removed: [], version: 2 });
  });
});

describe('the histories that an app process keeps', () => {
  it('are forgotten, the oldest first, when they are too many', () => {
    const histories = createHistories(5);
    const part = (key: number, from: number) => ({ key, from, events: [event(from), event(from)] });
    for (const key of [1, 2, 3]) expect(histories.extend(part(key, 0))?.events).toHaveLength(2);
    expect(histories.extend(part(1, 2))).toBeUndefined();
    expect(histories.extend(part(3, 2))?.events).toHaveLength(4);
    expect(histories.extend(part(2, 2))).toBeUndefined();
  });
});
