import type { FailureCause } from './failure.ts';

/** What `tasks.retry.on` may name. */
export const RETRY_CAUSES = ['exit', 'timeout', 'output', 'input', 'upload', 'node'] as const;

/** Failures that are tried again; without `codes` every exit code is meant. */
export interface RetryOn {
  cause: (typeof RETRY_CAUSES)[number];
  codes?: { from: number; to: number }[] | undefined;
}

/** `tasks.retry`: at most so many attempts at an item, and seconds before the second one, doubling from then on. */
export interface RetryRule {
  attempts: number;
  on: RetryOn[];
  backoff: number;
}

/** What the machinery did is tried again, what the command did is not. */
export const DEFAULT_RETRY: RetryRule = {
  attempts: 3,
  on: [{ cause: 'input' }, { cause: 'upload' }, { cause: 'node' }],
  backoff: 5,
};

const LONGEST_BACKOFF_SECONDS = 3600;

/** Batch's codes for an input that another try would not find either. */
const LASTING = new Set(['BlobNotFound', 'BlobAccessDenied']);

const NAMES: Partial<Record<FailureCause, RetryOn['cause']>> = {
  ExitCode: 'exit',
  Timeout: 'timeout',
  NoOutput: 'output',
  Input: 'input',
  Upload: 'upload',
  Node: 'node',
};

/** A failure as the retry rule sees it; `code` is Batch's own, where Batch said something. */
export interface Failure {
  cause: FailureCause;
  exitCode: number | null;
  code: string | null;
}

/** Whether the rule has such failures tried again at all. */
export function isRetried(rule: RetryRule, { cause, exitCode, code }: Failure): boolean {
  if (cause === 'Input' && LASTING.has(code ?? '')) return false;
  return rule.on.some(
    (on) =>
      on.cause === NAMES[cause] &&
      (!on.codes || on.codes.some(({ from, to }) => inRange(exitCode, from, to))),
  );
}

/** Whether an item goes again; `tried` counts the attempts up to and with the one that failed. */
export function goesAgain(rule: RetryRule, failure: Failure, tried: number): boolean {
  return tried < rule.attempts && isRetried(rule, failure);
}

/** Seconds to wait before the attempt that follows `tried` attempts. */
export function backoffSeconds(rule: RetryRule, tried: number): number {
  return Math.min(rule.backoff * 2 ** (tried - 1), Math.max(rule.backoff, LONGEST_BACKOFF_SECONDS));
}

function inRange(exitCode: number | null, from: number, to: number): boolean {
  return exitCode !== null && exitCode >= from && exitCode <= to;
}
