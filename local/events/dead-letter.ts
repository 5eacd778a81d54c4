import type { DeadLetter, QueuedDelivery } from './queue.ts';
import type { Outcome } from './retry.ts';

/** An undelivered event with the fields that Event Grid adds when it gives it up; `now` in ms. */
export function deadLetterOf(
  { event, subscription, attempts, publishedAt }: QueuedDelivery,
  reason: Pick<DeadLetter, 'deadLetterReason' | 'lastDeliveryOutcome'>,
  now: number,
): DeadLetter {
  return {
    ...event,
    ...reason,
    subscription,
    deliveryAttempts: attempts,
    publishTime: new Date(publishedAt).toISOString(),
    lastDeliveryAttemptTime: new Date(now).toISOString(),
  };
}

/** An outcome in words, for a dead letter and the log. */
export function describeOutcome(outcome: Outcome): string {
  return 'status' in outcome ? `Http${outcome.status}` : outcome.failure;
}
