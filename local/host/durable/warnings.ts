import type { Situation } from './decide.ts';
import type { Replay } from './replay.ts';

/** Something that an app should know about how Azure treats what it does. */
export interface Warning {
  /** Warnings of one key are given once. */
  key: string;
  message: string;
}

/** Added to what ends here and not there. */
export const hangs = '(Azure would leave this instance Running for ever.)';

/** Finds in a replay what Azure answers wrongly, which the local host imitates. */
export function findWarnings({ name }: Situation, replay: Replay): Warning[] {
  const found: Warning[] = [];
  const warn = (what: string, message: string): void =>
    void found.push({ key: `${name}:${what}`, message });
  if (typeof replay.continueAsNew?.input === 'string') warn('continueAsNew', stringInput);
  if (replay.continueAsNew && replay.unconsumed.length > 0) {
    warn('lostEvents', `${lostEvents} Lost: ${replay.unconsumed.join(', ')}.`);
  }
  if (replay.reuse !== 'none') warn('reuse', reusedTask[replay.reuse]);
  if (replay.failure?.hangsInAzure) warn('emptyError', emptyError);
  return found;
}

const stringInput =
  'continueAsNew was given a string: as in Azure, the next getInput() has it JSON-encoded, quotes included. Pass an object.';
const lostEvents =
  'continueAsNew was called while raised events had not been waited for: as in Azure, they are lost.';
const reusedTask = {
  imitated:
    'a pending task is used in a second Task.any or Task.all: as in Azure, it runs twice and values may be wrong. Create a new task each time.',
  ignored:
    'a pending task is used in a second Task.any or Task.all: in Azure it runs twice and values may be wrong. Beside retries this is not imitated here. Create a new task each time.',
};
const emptyError =
  'it threw a value without a message: Azure leaves such an instance Running for ever; here it fails.';

/** Said of a `…WithRetry` call that ends before its last attempt. */
export function retriesCutShort(name: string): Warning {
  return {
    key: `${name}:retries`,
    message:
      'its retries end before the last attempt, since retryTimeout has passed or the error is not retriable: ' +
      'Azure leaves such an instance Running for ever; here the call fails with its last error.',
  };
}
