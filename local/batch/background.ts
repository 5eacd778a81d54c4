import type { Account } from './account.ts';

/**
 * Lets work go on that takes as long as tasks do, so that no timer may wait for it: virtual time would stand still while
 * it waits for tasks. What it does on the machine itself it holds the clock for.
 */
export function inBackground(account: Account, what: string, work: Promise<void>): Promise<void> {
  return work.catch((error: unknown) => {
    if (account.closing) return;
    account.log(
      `${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  });
}
