import type { EventsPart } from '../app/messages.ts';

type Events = EventsPart['events'];

/** Remembers how much of each history one app process has been sent. */
export interface HistoriesSent {
  /** What the process has not seen of a history yet. */
  next(events: Events): EventsPart;
  /** The next part of it will be the whole. */
  forget(events: Events): void;
}

export function createHistoriesSent(): HistoriesSent {
  const sent = new WeakMap<Events, { key: number; count: number }>();
  let lastKey = 0;
  return {
    next(events) {
      const known = sent.get(events) ?? { key: ++lastKey, count: 0 };
      sent.set(events, { key: known.key, count: events.length });
      return { key: known.key, from: known.count, events: events.slice(known.count) };
    },
    forget: (events) => void sent.delete(events),
  };
}
