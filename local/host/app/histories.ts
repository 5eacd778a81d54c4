import type { EventsPart } from './messages.ts';
import type { SentReplay } from './replay-delta.ts';

type Events = EventsPart['events'];

/** How many events may stay in memory, over all histories: about 20 MB. */
const keptEvents = 100_000;

/** A history that was replayed. */
export interface KnownHistory {
  events: Events;
  /** What the host has been sent of its last replay. */
  sent?: SentReplay;
}

/** Keeps the histories that were replayed last, so that the host need not send them whole again. */
export interface Histories {
  /** A history up to date; undefined when its beginning is no longer here. */
  extend(part: EventsPart): KnownHistory | undefined;
}

export function createHistories(limit = keptEvents): Histories {
  const kept = new Map<number, KnownHistory>();
  let total = 0;
  const evict = (): void => {
    for (const [key, { events }] of kept) {
      if (total <= limit || kept.size === 1) return;
      kept.delete(key);
      total -= events.length;
    }
  };
  return {
    extend({ key, from, events }) {
      const found = kept.get(key);
      if (from > 0 && found?.events.length !== from) return undefined;
      const history = from > 0 && found ? found : { events: [] };
      if (history !== found) total -= found?.events.length ?? 0;
      total += events.length;
      for (const event of events) history.events.push(event);
      // Last in the map: the first ones go first.
      kept.delete(key);
      kept.set(key, history);
      evict();
      return history;
    },
  };
}
