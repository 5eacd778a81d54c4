import type { Log } from '../../app/log.ts';
import { DiskTrouble } from '../store/disk-trouble.ts';
import type { Store } from '../store/store.ts';

/** How long to wait before what the disk has refused is written again, in milliseconds. */
const againAfter = 1_000;

/** Writes the engine's steps, each whole or not at all. */
export interface Commits {
  /**
   * Runs `write` in a transaction; resolves once that is committed, rejects when `write` throws.
   * While the disk takes no writes it waits; only the last run of `write` counts.
   */
  add<T>(write: () => T): Promise<T>;
  /** As `add`, for somebody who waits for an answer: rejects when the disk takes no writes. */
  ask<T>(write: () => T): Promise<T>;
  /** Writes what waits, unless the disk takes no writes. */
  close(): void;
  /** Writes nothing from now on: the store is about to close. */
  abandon(): void;
}

interface Waiting {
  write: () => unknown;
  isAsked: boolean;
  resolve: (result: never) => void;
  reject: (error: unknown) => void;
}

/** Commits together what is added in one turn of the event loop: a commit costs more than a step. */
export function createCommits({ store, log }: { store: Store; log: Log }): Commits {
  const waiting: Waiting[] = [];
  let scheduled = false;
  let refused = false;
  let abandoned = false;

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    if (refused) setTimeout(flush, againAfter);
    else setImmediate(flush);
  };
  const flush = (): void => {
    scheduled = false;
    if (abandoned || waiting.length === 0) return;
    try {
      settle(store, waiting);
      if (refused) log('information', 'host', 'The disk takes writes again; orchestrations go on.');
      refused = false;
    } catch (error) {
      if (!(error instanceof DiskTrouble)) throw error;
      refuseAsked(waiting, error);
      const mustWait = waiting.length > 0;
      if (mustWait && !refused) {
        log('error', 'host', `${error.message} Until then orchestrations wait.`);
      }
      refused = mustWait;
      if (mustWait) schedule();
    }
  };
  const push = <T>(write: () => T, isAsked: boolean): Promise<T> =>
    new Promise((resolve, reject) => {
      waiting.push({ write, isAsked, resolve, reject });
      schedule();
    });
  return {
    add: (write) => push(write, false),
    ask: (write) => push(write, true),
    close: flush,
    abandon: () => void (abandoned = true),
  };
}

/** Takes from `waiting` what is settled; throws when the disk takes no writes. */
function settle(store: Store, waiting: Waiting[]): void {
  try {
    const results = store.transaction(() => waiting.map(({ write }) => write()));
    waiting.splice(0).forEach(({ resolve }, index) => resolve(results[index] as never));
  } catch (error) {
    if (error instanceof DiskTrouble) throw error;
    if (waiting.length === 1) return waiting.pop()?.reject(error);
    settleOneByOne(store, waiting);
  }
}

/** Steps can wait for room on the disk; a client would wait in vain. */
function refuseAsked(waiting: Waiting[], error: DiskTrouble): void {
  for (const each of waiting.splice(0)) {
    if (each.isAsked) each.reject(error);
    else waiting.push(each);
  }
}

/** A step that cannot be written must not hold back those beside it. */
function settleOneByOne(store: Store, waiting: Waiting[]): void {
  for (let first = waiting[0]; first; first = waiting[0]) {
    settle(store, [first]);
    waiting.shift();
  }
}
