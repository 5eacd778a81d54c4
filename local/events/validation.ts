import { randomUUID } from 'node:crypto';
import { describeOutcome } from './dead-letter.ts';
import type { DeliveryContext } from './context.ts';
import type { EventGridEvent } from './event.ts';
import type { Posted } from './post.ts';
import type { Subscription } from './subscription.ts';

const WAIT_MS = 250;
// About ten seconds: an app that is still starting is nothing to talk about.
const LOG_EVERY = 40;

/**
 * Does the SubscriptionValidation handshake with an endpoint, once per endpoint ever, again and again until it
 * succeeds or `ended` says so: 200 with the code, and nothing else, is success.
 */
export async function validateEndpoint(
  subscription: Subscription,
  context: DeliveryContext,
  ended: () => boolean,
): Promise<void> {
  const { queue, clock, post, log } = context;
  const { name, endpoint } = subscription;
  if (queue.isValidated(name, endpoint)) return;
  for (let tries = 1; !ended(); tries++) {
    const code = randomUUID();
    const posted = await post(endpoint, headersOf(name), validationEvent(code, clock.now()));
    if (ended()) return;
    if (answers(posted, code)) return queue.validated(name, endpoint);
    if (tries % LOG_EVERY === 0) log(complaint(subscription, posted));
    await new Promise<void>((resolve) => clock.after(WAIT_MS, resolve));
  }
}

function headersOf(subscription: string) {
  return {
    'aeg-event-type': 'SubscriptionValidation',
    'aeg-subscription-name': subscription.toUpperCase(),
    'aeg-delivery-count': '0',
    'aeg-data-version': '1',
    'aeg-metadata-version': '1',
  };
}

function validationEvent(validationCode: string, now: number): EventGridEvent {
  return {
    id: randomUUID(),
    topic: '',
    subject: '',
    data: { validationCode },
    eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
    eventTime: new Date(now).toISOString(),
    metadataVersion: '1',
    dataVersion: '1',
  };
}

function answers({ outcome, body }: Posted, code: string): boolean {
  if (!('status' in outcome) || outcome.status !== 200) return false;
  try {
    return (
      (JSON.parse(body) as { validationResponse?: unknown } | null)?.validationResponse === code
    );
  } catch {
    return false;
  }
}

function complaint({ name, endpoint }: Subscription, { outcome, body }: Posted) {
  const url = endpoint.replace(/([?&]code=)[^&]*/, '$1…');
  return (
    `Event subscription "${name}" waits: ${url} does not answer the validation handshake ` +
    `(expected 200 with the validation code, got ${describeOutcome(outcome)} ${body.slice(0, 200)}).`
  );
}
