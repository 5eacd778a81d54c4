import type { TaskFailure } from './events.ts';
import type { Situation } from './decide.ts';
import type { RetryPlace, SdkTask } from './sdk.ts';

const sixDays = 6 * 24 * 60 * 60 * 1000;

/**
 * When the timer behind a failed attempt is to fire, in milliseconds since 1970.
 * The last attempt has one too, due at once: the SDK throws the error only when it fires.
 */
export function afterFailure({ execution, now }: Situation, task: SdkTask): number {
  const { retry } = task;
  if (!retry) return now;
  const attempt = (retry.position + 1) / 2;
  const isLast = attempt >= retry.options.maxNumberOfAttempts;
  const lastFailure = execution.tasks.get(retry.ids.at(-1) ?? -1)?.failure;
  if (isLast || isOver(retry, { execution, failedAt: now, lastFailure })) return now;
  return now + retryDelay(retry, attempt);
}

/** Milliseconds between attempt `attempt` (counted from 1) and the next one. */
export function retryDelay({ options }: RetryPlace, attempt: number): number {
  const coefficient = options.backoffCoefficient ?? 1;
  const delay = options.firstRetryIntervalInMilliseconds * coefficient ** (attempt - 1);
  return Math.min(delay, options.maxRetryIntervalInMilliseconds ?? sixDays);
}

/**
 * The failure of an attempt that is not to run, because the retry timeout has passed or the error
 * is not retriable. Azure makes no more attempts either, but the SDK then waits for ever.
 */
export function syntheticFailure(
  { execution }: Situation,
  { retry }: SdkTask,
): (TaskFailure & { failureDetails: null }) | undefined {
  if (!retry || retry.position < 2) return undefined;
  const lastFailure = execution.tasks.get(retry.ids.at(-2) ?? -1)?.failure;
  const failedAt = execution.tasks.get(retry.ids.at(-1) ?? -1)?.at ?? 0;
  if (!lastFailure || !isOver(retry, { execution, failedAt, lastFailure })) return undefined;
  return lastFailure as TaskFailure & { failureDetails: null };
}

interface LastAttempt {
  execution: Situation['execution'];
  failedAt: number;
  lastFailure: TaskFailure | undefined;
}

function isOver(retry: RetryPlace, { execution, failedAt, lastFailure }: LastAttempt): boolean {
  if (lastFailure?.failureDetails?.IsNonRetriable) return true;
  const timeout = retry.options.retryTimeoutInMilliseconds;
  const firstAt = execution.tasks.get(retry.ids[0] ?? -1)?.at;
  return timeout !== undefined && firstAt !== undefined && failedAt >= firstAt + timeout;
}
