import type { FailureInfo } from '../store/documents.ts';

/** Ends a task with a failure that Batch reports by code. */
export class TaskFailure extends Error {
  override readonly name = 'TaskFailure';
  readonly info: FailureInfo;

  constructor(code: string, message: string, details: Record<string, string> = {}) {
    super(message);
    this.info = {
      category: 'usererror',
      code,
      message,
      details: Object.entries(details).map(([name, value]) => ({ name, value })),
    };
  }
}

/** The failure of a task whose process ended with a code other than 0. */
export function exitCodeFailure(exitCode: number): FailureInfo {
  return {
    category: 'usererror',
    code: 'FailureExitCode',
    message: 'The task process exited with an unexpected exit code',
    details: [{ name: 'Message', value: `The task process exited with exit code ${exitCode}` }],
  };
}

/** The failure of a task that was made to end: by its user, or by its time limit. */
export function endedFailure(reason: string): FailureInfo {
  return { category: 'usererror', code: 'TaskEnded', message: reason };
}

/** A URL without its query, which may carry a secret. */
export function withoutQuery(url: string): string {
  return url.split('?', 1)[0] ?? '';
}
