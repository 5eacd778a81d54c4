import type { InvocationResponse } from '../app/core-types.ts';
import { HostError, messageOf, stackOf } from '../app/errors.ts';
import type { Invocation, Invoke } from '../app/invoke.ts';

/** The retry policy that a function was registered with. */
export interface RetryPolicy {
  /** -1 for no limit. */
  maxRetryCount: number;
  /** Milliseconds before retry number `retryCount`, which starts at 1. */
  delay(retryCount: number): number;
}

/** Reads `retryOptions` of a function; undefined when it has none. */
export function retryPolicy(name: string, options: unknown): RetryPolicy | undefined {
  if (typeof options !== 'object' || options === null) return undefined;
  const { strategy, maxRetryCount, delayInterval, minimumInterval, maximumInterval } =
    options as RetryOptions;
  const maximum = milliseconds(maximumInterval, Infinity);
  switch (strategy) {
    case 'fixedDelay':
      return { maxRetryCount, delay: () => milliseconds(delayInterval, 0) };
    case 'exponentialBackoff':
      return {
        maxRetryCount,
        delay: (count) => Math.min(milliseconds(minimumInterval, 0) * 2 ** (count - 1), maximum),
      };
    default:
      throw new HostError(
        `Function "${name}": the retry strategy is ${JSON.stringify(strategy)}; ` +
          'expected fixedDelay or exponentialBackoff.',
      );
  }
}

interface RetryOptions {
  strategy?: string;
  maxRetryCount: number;
  delayInterval?: Duration;
  minimumInterval?: Duration;
  maximumInterval?: Duration;
}

interface Duration {
  seconds: number;
}

function milliseconds(duration: Duration | undefined, fallback: number): number {
  return duration ? duration.seconds * 1000 : fallback;
}

/** What a retry needs besides its policy. */
export interface Retrying {
  invoke: Invoke;
  policy: RetryPolicy | undefined;
  /** Waits so many milliseconds; false when no more retries are wanted. */
  pause(time: number): Promise<boolean>;
}

/** Invokes a function, and again while it fails and its policy allows; throws the last error. */
export async function invokeWithRetries(
  { invoke, policy, pause }: Retrying,
  invocation: Invocation,
): Promise<InvocationResponse> {
  let retryContext: Invocation['retryContext'];
  for (let count = 1; ; count++) {
    try {
      return await invoke({ ...invocation, retryContext });
    } catch (error) {
      const maxRetryCount = policy?.maxRetryCount ?? 0;
      const isLast = maxRetryCount >= 0 && count > maxRetryCount;
      if (!policy || isLast || !(await pause(policy.delay(count)))) throw error;
      const exception = { source: '', message: messageOf(error), stackTrace: stackOf(error) };
      retryContext = { retryCount: count, maxRetryCount, exception };
    }
  }
}
