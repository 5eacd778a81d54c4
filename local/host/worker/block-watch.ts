import type { Log } from '../app/log.ts';
import type { BlockedBy, FromApp } from '../app/messages.ts';
import type { AppProcess } from './app-process.ts';

/** After so many milliseconds of blocking a warning is due. */
const warnAfter = 5_000;

/** How long a process is given to show that its event loop turns, in milliseconds. */
const verdictAfter = 2_000;

/** Knows what blocks the event loop of the app's process. */
export interface BlockWatch {
  receive(message: FromApp): void;
  /** Asks a process; undefined when nothing blocks it, or nobody can tell. */
  ask(process: Pick<AppProcess, 'send'>): Promise<BlockedBy | undefined>;
}

/** Makes a watch, which warns of what blocks for some seconds. */
export function watchBlocks(log: Log): BlockWatch {
  let current: BlockedBy | undefined;
  let warning: NodeJS.Timeout | undefined;
  const asking = new Set<() => void>();
  const answerAll = (): void => {
    for (const answer of asking) answer();
    asking.clear();
  };
  return {
    receive(message) {
      if (message.kind === 'pong') answerAll();
      if (message.kind !== 'blocked') return;
      clearTimeout(warning);
      current = message.by ?? undefined;
      const { by } = message;
      if (by) warning = setTimeout(() => log('warning', 'app', warningFor(by)), warnAfter);
      answerAll();
    },
    ask(process) {
      if (current) return Promise.resolve(current);
      process.send({ kind: 'ping' });
      return new Promise((resolve) => {
        const late = setTimeout(() => asking.forEach((answer) => answer()), verdictAfter);
        asking.add(() => {
          clearTimeout(late);
          resolve(current);
        });
      });
    },
  };
}

function warningFor(by: BlockedBy): string {
  return `${culprit(by)} has blocked the app's event loop for ${warnAfter / 1000} s${place(by)}. Everything else in the app waits.`;
}

/** Who blocks, for people. */
export function culprit({ functionName }: BlockedBy): string {
  return functionName ? `Functions.${functionName}` : 'Code outside of any function';
}

/** Where it blocks, with a comma before it; empty when that is not known. */
export function place({ at }: BlockedBy): string {
  return at ? `, in ${at}` : '';
}
