import type { Replay } from '../durable/replay.ts';
import type { SdkAction } from '../durable/sdk.ts';

/**
 * Turns the inputs in a replay into what their JSON says, in place: the host writes them as JSON, and
 * what their classes know of that (toJSON) stays behind in this process.
 */
export function plainReplay(replay: Replay): Replay {
  const { continueAsNew } = replay;
  for (const action of replay.actions) plainAction(action);
  for (const { action, retry } of replay.tasks.values()) {
    if (action) plainAction(action);
    if (retry) plainAction(retry.action);
  }
  return continueAsNew
    ? { ...replay, continueAsNew: { input: plain(continueAsNew.input) } }
    : replay;
}

function plainAction(action: SdkAction): void {
  if (action.input !== undefined) action.input = plain(action.input);
  action.compoundActions?.forEach(plainAction);
}

function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const text = JSON.stringify(value);
  return text === undefined ? undefined : JSON.parse(text);
}
