/** What a command ends with: 0 done, 1 items failed or a run did not succeed, 2 could not run, 130 interrupted. */
export const EXIT = { done: 0, failed: 1, couldNotRun: 2, interrupted: 130 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An error for the person at the keyboard: what happened, and what to type next. */
export class CliError extends Error {
  readonly next: string | undefined;
  readonly exitCode: ExitCode;

  constructor(
    message: string,
    options?: { next?: string | undefined; exitCode?: ExitCode; cause?: unknown },
  ) {
    super(message, { cause: options?.cause });
    this.name = 'CliError';
    this.next = options?.next;
    this.exitCode = options?.exitCode ?? EXIT.couldNotRun;
  }
}

/** The message of anything that was thrown, with the reason that fetch and the SDKs hide in `cause`. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return `${error.message}: ${cause.message || codeOf(cause) || cause.name}`;
}

/** The system's or the service's code of an error, such as ECONNREFUSED or AuthorizationFailure. */
export function codeOf(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}
