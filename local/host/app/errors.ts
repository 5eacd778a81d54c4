/** A reason for which the host cannot start or go on; its message says what to do. */
export class HostError extends Error {
  override name = 'HostError';
}

/** The text of anything thrown, by the rules of the Node worker (ensureErrorType). */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  if (thrown === undefined || thrown === null) return 'Unknown error';
  if (typeof thrown === 'string') return thrown;
  return typeof thrown === 'object' ? JSON.stringify(thrown) : String(thrown);
}

/** The stack of anything thrown, or its text where there is none. */
export function stackOf(thrown: unknown): string {
  return (thrown instanceof Error && thrown.stack) || messageOf(thrown);
}

/** What a person is told of a failed start: a HostError's message, or the stack of what went wrong; then its cause. */
export function errorText(error: unknown): string {
  const text = error instanceof HostError ? error.message : stackOf(error);
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? text : `${text}\n${stackOf(cause)}`;
}
