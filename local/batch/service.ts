import type { Account } from './account.ts';
import { closeAccount, openAccount, type AccountOptions } from './open-account.ts';
import { createHandlers } from './operations/handlers.ts';
import { recover } from './recover.ts';
import { proveRoom } from './store/room.ts';
import { StorageError } from './store/failure.ts';
import { waitReal } from './time/timer.ts';
import { BatchError } from './wire/errors.ts';
import { routes } from './wire/routes.ts';
import type { Handler } from './wire/server.ts';

/** An account that outlives a store that fails for a while, as when the disk is full. */
export interface Service {
  /** Answers requests; refuses all while the store has failed. */
  handlers(): ReadonlyMap<string, Handler>;
  /** The account as it is now, another one after the store had failed; undefined while it fails. */
  account(): Account | undefined;
  close(): Promise<void>;
}

/** Milliseconds between attempts to go on after the store has failed. */
const retryMilliseconds = 500;

/** Opens the account and lets it move; rejects with StorageError when its data directory cannot be used. */
export async function startService(options: Omit<AccountOptions, 'failed'>): Promise<Service> {
  const service = new RestartingService(options);
  await service.open();
  return service;
}

class RestartingService implements Service {
  readonly #options: Omit<AccountOptions, 'failed'>;
  #account: Account | undefined;
  #handlers: ReadonlyMap<string, Handler> = new Map();
  #reopening: Promise<void> | undefined;
  #closing = false;

  constructor(options: Omit<AccountOptions, 'failed'>) {
    this.#options = options;
  }

  account(): Account | undefined {
    return this.#account;
  }

  handlers(): ReadonlyMap<string, Handler> {
    return this.#handlers;
  }

  async open(): Promise<void> {
    const account = await openAccount({
      ...this.#options,
      failed: (error) => this.#failed(error),
    });
    try {
      await recover(account);
    } catch (error) {
      await closeAccount(account);
      throw error;
    }
    this.#account = account;
    this.#handlers = createHandlers(account);
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#reopening;
    if (this.#account !== undefined) await closeAccount(this.#account);
    this.#account = undefined;
  }

  #failed(error: StorageError): void {
    const broken = this.#account;
    // While it opens, whoever opens it hears of it by the error.
    if (broken === undefined) return;
    this.#account = undefined;
    this.#refuse(error);
    this.#options.log(`${error.message} Requests are answered with ServerBusy meanwhile.`);
    this.#reopening = this.#reopen(broken);
  }

  /** As after a crash: memory is ahead of the disk, so everything is read from the disk again. */
  async #reopen(broken: Account): Promise<void> {
    await closeAccount(broken);
    while (!this.#closing) {
      await waitReal(retryMilliseconds);
      try {
        proveRoom(this.#options.dataDir);
        await this.open();
        this.#options.log('The store can be written again.');
        return;
      } catch (error) {
        if (!(error instanceof StorageError)) this.#options.log(String(error));
        this.#refuse(error);
      }
    }
  }

  #refuse(error: unknown): void {
    this.#handlers = refuseAll(error instanceof Error ? error.message : String(error));
  }
}

/** Handlers that answer every operation with ServerBusy, which clients try again. */
export function refuseAll(message: string): ReadonlyMap<string, Handler> {
  const refuse = (): never => {
    throw new BatchError('ServerBusy', { message });
  };
  return new Map(routes.map((route) => [route.operation, refuse]));
}
