import type { EventsPart } from '../app/messages.ts';
import type { ReplayDelta } from '../app/replay-delta.ts';
import type { Replay } from '../durable/replay.ts';

type Events = EventsPart['events'];

/**
 * Remembers of each execution what the app's process has been sent and has answered, so that either
 * side sends only what is new. An execution is known by its list of events, which grows in place.
 */
export interface ReplayLink {
  /** What to send for the next replay of an execution. */
  next(events: Events): { events: EventsPart; known: number };
  /** Puts what has come to what is known. */
  merge(events: Events, delta: ReplayDelta): Replay;
  /** The process no longer knows the execution: all of it is sent next. */
  forget(events: Events): void;
}

export function createReplayLink(): ReplayLink {
  const executions = new WeakMap<Events, Known>();
  let lastKey = 0;
  const knownOf = (events: Events): Known => {
    const known = executions.get(events) ?? { key: ++lastKey, sent: 0, version: 0 };
    executions.set(events, known);
    return known;
  };
  return {
    next(events) {
      const known = knownOf(events);
      const from = known.sent;
      known.sent = events.length;
      return {
        events: { key: known.key, from, events: events.slice(from) },
        known: known.version,
      };
    },
    merge(events, delta) {
      const known = knownOf(events);
      known.replay = merged(known.replay, delta);
      known.version = delta.version;
      return known.replay;
    },
    forget: (events) => void executions.delete(events),
  };
}

interface Known {
  key: number;
  /** How many events the process has been sent. */
  sent: number;
  /** The number of the delta that was merged last. */
  version: number;
  replay?: Replay;
}

function merged(before: Replay | undefined, { replay, isWhole, removed }: ReplayDelta): Replay {
  if (isWhole || !before) return replay;
  const { tasks, actions } = before;
  for (const id of removed) tasks.delete(id);
  for (const [id, task] of replay.tasks) tasks.set(id, task);
  for (const action of replay.actions) actions.push(action);
  return { ...replay, tasks, actions };
}
