/** What became of one attempt to deliver: an HTTP status, or why there was none. */
export type Outcome = { status: number } | { failure: 'NotListening' | 'TimedOut' | 'Broken' };

/** When to try again, or why not to. */
export type Verdict = { deliveredAt: number } | { retryAt: number } | { deadLetter: string };

export interface Delivery {
  /** Attempts that reached the endpoint, this one included. */
  attempts: number;
  /** Unix time in ms, like `now`. */
  publishedAt: number;
  now: number;
}

/**
 * Waits between attempts, in ms: Azure's (10 s, 30 s, 1, 5, 10, 30 min, 1, 3, 6 h, then each 12 h) behind two short
 * ones of our own. On a laptop the usual failure is an app that was just restarted or edited, and somebody is waiting.
 */
export const RETRY_WAITS_MS = [
  1, 3, 10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 21_600, 43_200,
].map((seconds) => seconds * 1000);

export const MAX_DELIVERY_ATTEMPTS = 30;
export const EVENT_TIME_TO_LIVE_MS = 24 * 60 * 60 * 1000;

// 401 and 403 are final for webhooks, 400 and 413 for all (learn.microsoft.com/azure/event-grid/delivery-and-retry).
const FINAL: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  413: 'RequestEntityTooLarge',
};

const NOT_LISTENING_WAIT_MS = 250;

/** Decides after an attempt: 200 to 204 is success, and an endpoint that is not up is asked again soon, uncounted. */
export function judge(outcome: Outcome, { attempts, publishedAt, now }: Delivery): Verdict {
  if ('status' in outcome) {
    const { status } = outcome;
    if (status >= 200 && status <= 204) return { deliveredAt: now };
    if (FINAL[status]) return { deadLetter: `UndeliverableDueToHttp${FINAL[status]}` };
  }
  if (attempts >= MAX_DELIVERY_ATTEMPTS) return { deadLetter: 'MaxDeliveryAttemptsExceeded' };
  const retryAt = now + waitAfter(outcome, attempts);
  if (retryAt > publishedAt + EVENT_TIME_TO_LIVE_MS) return { deadLetter: 'TimeToLiveExceeded' };
  return { retryAt };
}

/** Whether an attempt counts: one that found nobody listening does not. */
export function counts(outcome: Outcome): boolean {
  return !('failure' in outcome && outcome.failure === 'NotListening');
}

function waitAfter(outcome: Outcome, attempts: number): number {
  if (!counts(outcome)) return NOT_LISTENING_WAIT_MS;
  return RETRY_WAITS_MS[Math.min(attempts, RETRY_WAITS_MS.length) - 1] ?? 0;
}
