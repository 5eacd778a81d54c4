import type { DeliveryContext } from './context.ts';
import { deadLetterOf, describeOutcome } from './dead-letter.ts';
import type { EventGridEvent } from './event.ts';
import type { QueuedDelivery } from './queue.ts';
import { counts, judge, type Outcome } from './retry.ts';
import type { Subscription } from './subscription.ts';
import { validateEndpoint } from './validation.ts';

/** One subscription at work. */
export interface Route {
  subscription: Subscription;
  take(event: EventGridEvent): void;
  /** Begins nothing new and waits for the requests that are under way to end. */
  stop(): Promise<void>;
}

// More than an app on one machine can use at a time, and few enough that a burst does not starve it of sockets.
const MAX_IN_FLIGHT = 32;

/** Validates a subscription's endpoint, then delivers what is queued for it, a bounded number at a time. */
export function startDelivering(subscription: Subscription, context: DeliveryContext): Route {
  const { queue, clock } = context;
  const inFlight = new Map<number, Promise<void>>();
  let open = true;
  let valid = false;
  let cancelTimer = () => {};
  void begun();

  async function begun() {
    await validateEndpoint(subscription, context, () => !open);
    valid = true;
    pump();
  }

  function pump() {
    if (!valid || !open) return;
    const free = MAX_IN_FLIGHT - inFlight.size;
    queue.due(subscription.name, clock.now(), { limit: free, except: inFlight }).forEach(begin);
    wakeForNext();
  }

  function begin(delivery: QueuedDelivery) {
    const done = deliver(delivery, subscription, context).finally(() => {
      inFlight.delete(delivery.id);
      pump();
    });
    inFlight.set(delivery.id, done);
  }

  function wakeForNext() {
    cancelTimer();
    const next = queue.nextDueAfter(subscription.name, clock.now());
    if (next !== undefined) cancelTimer = clock.after(next - clock.now(), pump);
  }

  return {
    subscription,
    take(event) {
      queue.add(subscription.name, event, clock.now());
      pump();
    },
    async stop() {
      open = false;
      cancelTimer();
      await Promise.all(inFlight.values());
    },
  };
}

async function deliver(
  delivery: QueuedDelivery,
  subscription: Subscription,
  context: DeliveryContext,
) {
  const { queue, clock, post } = context;
  const headers = headersOf(delivery, subscription.name);
  const { outcome } = await post(subscription.endpoint, headers, delivery.event);
  const attempts = delivery.attempts + (counts(outcome) ? 1 : 0);
  const { publishedAt } = delivery;
  const verdict = judge(outcome, { attempts, publishedAt, now: clock.now() });
  if ('deliveredAt' in verdict) queue.delivered(delivery);
  else if ('retryAt' in verdict) queue.postpone(delivery.id, attempts, verdict.retryAt);
  else giveUp({ ...delivery, attempts }, outcome, verdict.deadLetter, context);
}

function headersOf({ event, attempts }: QueuedDelivery, subscription: string) {
  return {
    'aeg-event-type': 'Notification',
    'aeg-subscription-name': subscription.toUpperCase(),
    'aeg-delivery-count': String(attempts),
    'aeg-data-version': event.dataVersion,
    'aeg-metadata-version': event.metadataVersion,
  };
}

function giveUp(
  delivery: QueuedDelivery,
  outcome: Outcome,
  deadLetterReason: string,
  { queue, clock, log }: DeliveryContext,
) {
  const reason = { deadLetterReason, lastDeliveryOutcome: describeOutcome(outcome) };
  queue.giveUp(delivery, deadLetterOf(delivery, reason, clock.now()));
  log(
    `Event ${delivery.event.id} (${delivery.event.subject}) was not delivered to "${delivery.subscription}": ` +
      `${deadLetterReason} after ${delivery.attempts} attempts. It is kept as a dead letter.`,
  );
}
