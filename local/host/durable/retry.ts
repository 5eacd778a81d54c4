import type { TaskFailure } from './events.ts';
import type { Situation } from './decide.ts';
import { hangs } from './warnings.ts';
import type { RetryPlace, SdkTask } from './sdk.ts';

type Moment = Pick<Situation, 'execution' | 'now'>;

const sixDays = 6 * 24 * 60 * 60 * 1000;

/**
 * When the timer behind a failed attempt is to fire, in milliseconds since 1970.
 * The last attempt has one too, due at once: the SDK throws the error only when it fires.
 */
export function afterFailure(moment: Moment, { retry }: SdkTask): number {
  if (!retry || isLast(retry) || endsEarly(moment, retry)) return moment.now;
  return moment.now + retryDelay(retry, attemptOf(retry));
}

/** True when attempts are left that are not made, since the time is up or the error not retriable. */
export function endsEarly({ execution, now }: Moment, retry: RetryPlace): boolean {
  if (isLast(retry)) return false;
  const lastFailure = execution.tasks.get(retry.ids.at(-1) ?? -1)?.failure;
  return isOver(retry, { execution, failedAt: now, lastFailure });
}

function attemptOf({ position }: RetryPlace): number {
  return (position + 1) / 2;
}

function isLast(retry: RetryPlace): boolean {
  return attemptOf(retry) >= retry.options.maxNumberOfAttempts;
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
  { execution }: Pick<Situation, 'execution'>,
  { retry }: SdkTask,
): TaskFailure | undefined {
  if (!retry || retry.position < 2) return undefined;
  const lastFailure = execution.tasks.get(retry.ids.at(-2) ?? -1)?.failure;
  const failedAt = execution.tasks.get(retry.ids.at(-1) ?? -1)?.at ?? 0;
  if (!lastFailure || !isOver(retry, { execution, failedAt, lastFailure })) return undefined;
  const { details, failureDetails } = lastFailure;
  return failureDetails ? lastFailure : { ...lastFailure, details: `${details} ${hangs}` };
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
