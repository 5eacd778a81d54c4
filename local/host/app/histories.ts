import type { EventsPart } from './messages.ts';

type Events = EventsPart['events'];

/** How many events may stay in memory, over all histories: about 20 MB. */
const keptEvents = 100_000;

/** Keeps the histories that were replayed last, so that the host need not send them whole again. */
export interface Histories {
  /** A history up to date; undefined when its beginning is no longer here. */
  extend(part: EventsPart): Events | undefined;
}

export function createHistories(limit = keptEvents): Histories {
  const kept = new Map<number, Events>();
  let total = 0;
  const evict = (): void => {
    for (const [key, events] of kept) {
      if (total <= limit || kept.size === 1) return;
      kept.delete(key);
      total -= events.length;
    }
  };
  return {
    extend({ key, from, events }) {
      const found = kept.get(key);
      if (from > 0 && found?.length !== from) return undefined;
      const whole = from > 0 && found ? found : [];
      total += events.length - (whole === found ? 0 : (found?.length ?? 0));
      for (const event of events) whole.push(event);
      // Last in the map: the first ones go first.
      kept.delete(key);
      kept.set(key, whole);
      evict();
      return whole;
    },
  };
}
