import { mkdirSync } from 'node:fs';
import { systemClock, type Clock } from './clock.ts';
import type { DeliveryContext } from './context.ts';
import { startDelivering } from './delivery.ts';
import type { EventGridEvent } from './event.ts';
import { matches, mayMatch, type EventForecast } from './filter.ts';
import { createPost } from './post.ts';
import { openQueue, type DeliveryQueue } from './queue.ts';
import { deadLetterOf } from './dead-letter.ts';
import type { Subscription } from './subscription.ts';

export interface EventGridOptions {
  /** Folder for the queue of events. */
  dataDir: string;
  subscriptions: Subscription[];
  clock?: Clock;
  /** Told, in a sentence each, what a user may want to know. */
  log?: (line: string) => void;
}

export type EventGrid = ReturnType<typeof startEventGrid>;

/** Starts Event Grid's delivery: what `publish` took is delivered at least once or ends as a dead letter. */
export function startEventGrid(options: EventGridOptions) {
  const { dataDir, subscriptions, clock = systemClock, log = () => {} } = options;
  mkdirSync(dataDir, { recursive: true });
  const queue = openQueue(`${dataDir}/events.db`);
  setStraysAside(queue, subscriptions, clock.now());
  const { post, close } = createPost();
  const context: DeliveryContext = { queue, clock, post, log };
  const routes = subscriptions.map((subscription) => startDelivering(subscription, context));
  return {
    /** Whether some subscription may want an event of which only this much is known yet. */
    mayWant: (event: EventForecast) => subscriptions.some(({ filter }) => mayMatch(filter, event)),
    /** Whether some subscription takes events of a type at all. */
    wantsType: (eventType: string) =>
      subscriptions.some(({ filter }) => filter?.includedEventTypes?.includes(eventType) ?? true),
    /** Keeps the event for each subscription that wants it (when this returns, `kill -9` loses none) and delivers. */
    publish(event: EventGridEvent) {
      for (const route of routes) if (matches(route.subscription.filter, event)) route.take(event);
    },
    counts: () => queue.counts(),
    deadLetters: () => queue.deadLetters(),
    async close() {
      const stopped = routes.map((route) => route.stop());
      // Cuts off what is under way: it stays queued, and another attempt is all that it costs.
      close();
      await Promise.all(stopped);
      queue.close();
    },
  };
}

function setStraysAside(queue: DeliveryQueue, subscriptions: Subscription[], now: number) {
  for (const delivery of queue.strays(subscriptions.map(({ name }) => name))) {
    const reason = { deadLetterReason: 'SubscriptionDeleted', lastDeliveryOutcome: 'None' };
    queue.giveUp(delivery, deadLetterOf(delivery, reason, now));
  }
}
